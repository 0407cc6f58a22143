# row: C15
# attack: tens of megabytes of tokens
# problem: stdio
# verdict: output_limit
import sys
for _ in range(200):
    sys.stdout.write("1 " * 50_000)
    sys.stdout.write("1\n" * 100_000)
