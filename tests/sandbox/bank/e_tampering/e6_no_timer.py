# row: E6
# attack: ends the timers, ignores and blocks the signals of a time limit, and computes on
# problem: split
# verdict: time_limit
import signal, resource
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.setitimer(signal.ITIMER_REAL, 0)
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True:
    pass
