# row: G2
# attack: waits for a lock that it holds
# problem: check
# verdict: time_limit
# slow
# wall: 1.5
import threading
lock = threading.Lock()
def f(x):
    lock.acquire()
    lock.acquire()
