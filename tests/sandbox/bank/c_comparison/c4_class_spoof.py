# row: C4
# attack: __class__ says list, past isinstance
# problem: split judge check unittest pytest
# verdict: wrong_answer
# naive: assert
class S:
    __class__ = property(lambda self: list)
    def __eq__(self, other):
        return True
def f(x):
    return S()
