# row: F2
# attack: stops its parent, who holds the clock
# problem: split stdio
# verdict: time_limit
import os, signal
os.kill(os.getppid(), signal.SIGSTOP)
os.kill(1, signal.SIGTSTP)
while True:
    pass
