# row: C16
# attack: bytes that are no text
# problem: checked stdio
# verdict: wrong_answer
import sys
sys.stdout.buffer.write(b"3 6 \xff\xfe\n")
