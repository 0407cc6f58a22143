# row: F4
# attack: stops itself
# problem: split
# verdict: time_limit
# wall: 1.5
import os, signal
while True:
    os.kill(os.getpid(), signal.SIGSTOP)
