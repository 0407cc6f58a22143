# row: J9
# attack: prints bytes that are no text
# problem: stdio
# verdict: wrong_answer
import sys
n = int(input())
sys.stdout.buffer.write(b"%d %d\n\xff\xfe\x00" % (n, 2 * n))
