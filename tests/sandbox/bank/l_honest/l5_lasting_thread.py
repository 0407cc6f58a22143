# row: L5
# attack: none: a thread that is still there when all is answered
# problem: split judge
# verdict: accepted
import threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
def f(x):
    return [x, 2 * x]
