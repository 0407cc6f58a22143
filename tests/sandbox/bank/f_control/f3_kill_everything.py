# row: F3
# attack: kills every process it may
# problem: split judge check stdio
# verdict: wrong_answer runtime_error
import os
try:
    os.kill(-1, 9)
except OSError:
    pass
def f(x):
    return None
