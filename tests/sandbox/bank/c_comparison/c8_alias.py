# row: C8
# attack: empties its argument, from which the test computes the expected value
# problem: alias
# verdict: wrong_answer
# naive: assert
def f(x):
    x.clear()
    return x
