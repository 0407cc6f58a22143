# row: C5
# attack: a float whose arithmetic lies
# problem: half
# verdict: wrong_answer
# naive: assert
class N(float):
    __sub__ = __rsub__ = lambda self, other: 0.0
def f(x):
    return N(7)
