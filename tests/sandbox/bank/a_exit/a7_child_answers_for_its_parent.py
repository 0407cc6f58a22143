# row: A7
# attack: the child would answer rightly, but the run is the parent's
# problem: split judge check
# verdict: runtime_error
import os
if os.fork():
    os._exit(0)
def f(x):
    return [x, 2 * x]
