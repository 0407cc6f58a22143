# row: L5
# attack: none: sleeps half a second
# problem: split stdio
# verdict: accepted
import time
time.sleep(.5)
def f(x):
    return [x, 2 * x]
try:
    n = int(input())
    print(n, 2 * n)
except EOFError:
    pass
