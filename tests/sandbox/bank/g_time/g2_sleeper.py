# row: G2
# attack: sleeps
# problem: split
# verdict: time_limit
# wall: 1.5
import time
time.sleep(60)
