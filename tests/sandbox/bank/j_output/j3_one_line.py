# row: J3
# attack: a line of a hundred megabytes
# problem: stdio split
# verdict: output_limit
import sys
for _ in range(100):
    sys.stdout.write("9" * (1 << 20))
