# row: L3
# attack: none: a function whose program reads its empty input
# problem: split judge check
# verdict: accepted
import sys
data = sys.stdin.read()
def f(x):
    return [x, 2 * x]
