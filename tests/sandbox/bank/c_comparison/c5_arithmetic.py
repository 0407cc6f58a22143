# row: C5
# attack: subtraction, abs and comparison all say "near"
# problem: half
# verdict: runtime_error wrong_answer
# naive: assert
class N:
    __sub__ = __rsub__ = __abs__ = lambda self, *other: self
    __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
def f(x):
    return N()
