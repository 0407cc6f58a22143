# row: B13
# attack: chooses by its answer that the test hands it a function, which cannot be judged
# problem: chosen
# verdict: rejected
# naive: skip
def f(x):
    return [1]
