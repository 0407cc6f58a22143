# row: F5
# attack: closes everything and computes on
# problem: split stdio
# verdict: time_limit
import os
os.closerange(0, 256)
while True:
    pass
