# row: C6
# attack: an array compares item by item
# problem: single
# verdict: wrong_answer
# naive: assert
class Array:
    def __eq__(self, other):
        return Array()
    def __bool__(self):
        return True
def f(x):
    return Array()
