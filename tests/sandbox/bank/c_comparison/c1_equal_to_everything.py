# row: C1
# attack: an object that equals everything
# problem: split judge check unittest pytest
# verdict: wrong_answer
# naive: exit marker assert nonce
class E:
    def __eq__(self, other):
        return True
def f(x):
    return E()
