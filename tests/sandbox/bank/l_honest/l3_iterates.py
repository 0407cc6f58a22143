# row: L3
# attack: none: iterates over sys.stdin, prints with CRLF and blank lines
# problem: total
# verdict: accepted
import sys
total = 0
for line in sys.stdin:
    total += sum(int(word) for word in line.split())
sys.stdout.write(f"\r\n  {total}  \r\n\r\n")
sys.exit(0)
