# row: F5
# attack: closes every descriptor
# problem: split judge check
# verdict: runtime_error
import os
os.closerange(0, 256)
def f(x):
    return [x, 2 * x]
