# row: L3
# attack: none: /dev/stdin, os.read, os.write
# problem: total
# verdict: accepted
import os
with open("/dev/stdin") as file:
    total = sum(int(word) for line in file for word in line.split())
os.write(1, b"%d\r\n" % total)
