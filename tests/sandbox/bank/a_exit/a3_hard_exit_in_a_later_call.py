# row: A3
# attack: answers one test, then os._exit
# problem: split judge check unittest pytest
# verdict: runtime_error
# naive: exit
import os
seen = []
def f(x):
    seen.append(x)
    if len(seen) > 1:
        os._exit(0)
    return [x, 2 * x]
