# row: G5
# attack: a power of a huge integer
# problem: split
# verdict: time_limit
def f(x):
    n = 10 ** 8
    return (7 ** n) % 1000
