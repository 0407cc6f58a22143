# row: F6
# attack: a thread reads what the host sends to the child
# problem: judge
# verdict: time_limit runtime_error
# slow
# wall: 1.5
import os, threading
def steal():
    while True:
        os.read(4, 65536)
threading.Thread(target=steal, daemon=True).start()
def f(x):
    return [x, 2 * x]
