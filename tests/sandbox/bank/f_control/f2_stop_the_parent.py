# row: F2
# attack: stops its parent, who holds the clock
# problem: split stdio
# verdict: time_limit
import os, signal
for number in (signal.SIGSTOP, signal.SIGTSTP):
    try:
        os.kill(os.getppid(), number)
    except OSError:
        pass
while True:
    pass
