# row: L1
# attack: none: 300 kB of debugging on both streams
# problem: split judge check
# verdict: accepted
import sys
print("x" * 300_000)
print("y" * 300_000, file=sys.stderr)
def f(x):
    print("z" * 100_000)
    return [x, 2 * x]
