# row: B12
# attack: the text of an exception fills the memory
# problem: split judge check
# verdict: runtime_error memory_limit
class E(Exception):
    def __str__(self):
        return "x" * (1 << 32)
def f(x):
    raise E
