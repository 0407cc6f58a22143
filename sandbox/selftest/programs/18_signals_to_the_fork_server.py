# limit: signals to the fork server
# tried: sends process 1 signals that end or stop a process
# advice: the box has no process namespace of its own: the engine or its runtime is at fault
import os


def f():
    for signal in (1, 2, 3, 6, 9, 15, 19):
        try:
            os.kill(1, signal)
        except OSError:
            pass
    return []
