# row: L5
# attack: none: a daemon thread that never ends
# problem: split judge check
# verdict: accepted
import threading, time
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
def f(x):
    return [x, 2 * x]
