# row: A4
# attack: exits through libc
# problem: split judge check
# verdict: runtime_error
# naive: exit
import ctypes
def f(x):
    ctypes.CDLL(None)._exit(0)
