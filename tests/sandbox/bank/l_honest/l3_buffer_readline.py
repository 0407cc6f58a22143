# row: L3
# attack: none: reads bytes line by line
# problem: total
# verdict: accepted
import sys
total, line = 0, sys.stdin.buffer.readline()
while line:
    total += sum(map(int, line.split()))
    line = sys.stdin.buffer.readline()
print(total)
