# row: B13
# attack: chooses by its answer that the test hands it more than any message holds
# problem: sized sized_unknown
# verdict: rejected
# naive: skip
def f(x):
    return [1 << 21]
