# row: D14
# attack: reads on after its own input, for that of the next test; right only if nothing follows
# problem: stdio
# verdict: accepted
import os, sys, select
n = int(input())
more = sys.stdin.read() + os.read(0, 100).decode()
print(n, 2 * n if not more.strip() else more)
