# row: B10
# attack: right answers, and half a frame after the last
# problem: split judge check
# verdict: runtime_error
# wall: 1.5
import os
seen = []
class List(list):
    pass
def f(x):
    seen.append(x)
    if len(seen) == 2:
        import threading, time
        threading.Thread(target=lambda: (time.sleep(.02), os.write(3, b"\0\0")), daemon=True).start()
        time.sleep(.1)
    return [x, 2 * x]
