# row: L4
# attack: none: recursion of twenty thousand levels
# problem: split judge check
# verdict: accepted
import sys
sys.setrecursionlimit(10 ** 6)
def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)
def f(x):
    assert depth(20_000) == 20_000
    return [x, 2 * x]
