# row: B12
# attack: repr and str of the answer never end
# problem: split judge check
# verdict: wrong_answer
class R:
    def __repr__(self):
        while True:
            pass
    __str__ = __repr__
def f(x):
    return R()
