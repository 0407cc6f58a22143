# row: L5
# attack: none: much on standard error, warnings and logs
# problem: split stdio
# verdict: accepted
import logging, sys, warnings
logging.basicConfig(level=logging.DEBUG)
for k in range(2000):
    logging.debug("step %d", k)
warnings.warn("old")
print("e" * 100_000, file=sys.stderr)
def f(x):
    return [x, 2 * x]
for line in sys.stdin:
    print(line.strip(), 2 * int(line))
