# row: L1
# attack: none: a long value
# problem: range
# verdict: accepted
def f(n):
    return list(range(n))
