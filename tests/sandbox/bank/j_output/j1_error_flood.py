# row: J1
# attack: the same on standard error
# problem: split stdio
# verdict: output_limit
import sys
while True:
    sys.stderr.write("x" * 100_000)
