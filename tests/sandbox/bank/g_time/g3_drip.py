# row: G3
# attack: a right beginning, one byte at a time
# problem: stdio
# verdict: time_limit
# wall: 1.5
import sys, time
n = input()
for char in f"{n} {2 * int(n)}":
    sys.stdout.write(char)
    sys.stdout.flush()
    time.sleep(1)
