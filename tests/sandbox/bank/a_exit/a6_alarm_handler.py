# row: A6
# attack: a signal handler exits during a test
# problem: split judge check
# verdict: runtime_error
# naive: exit
import os, signal, time
signal.signal(signal.SIGALRM, lambda *a: os._exit(0))
signal.setitimer(0, .05)
def f(x):
    time.sleep(.3)
