# row: A6
# attack: a thread exits during a test
# problem: split judge check
# verdict: runtime_error
# naive: exit
import os, threading, time
threading.Thread(target=lambda: (time.sleep(.05), os._exit(0))).start()
def f(x):
    time.sleep(.3)
