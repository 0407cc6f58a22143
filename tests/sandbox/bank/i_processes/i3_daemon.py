# row: I3
# attack: a daemon in its own session writes after the run; the answer itself is right
# problem: split judge check
# verdict: accepted
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True:
            try:
                open("/tmp/left", "w").write("left")
            except OSError:
                pass
            time.sleep(.01)
    os._exit(0)
def f(x):
    return [x, 2 * x]
