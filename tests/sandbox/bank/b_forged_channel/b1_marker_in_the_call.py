# row: B1
# attack: the same inside the tested function
# problem: split judge check
# verdict: runtime_error
# naive: marker
import os
def f(x):
    print("ALL TESTS PASSED", flush=True)
    os._exit(0)
