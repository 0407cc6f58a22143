# row: L5
# attack: none: signal handlers, atexit, excepthook, gc and tracing as libraries use them
# problem: split judge unittest pytest
# verdict: accepted
import atexit, gc, signal, sys
atexit.register(lambda: None)
signal.signal(signal.SIGTERM, lambda *a: None)
sys.excepthook = lambda *a: None
gc.disable()
gc.collect()
sys.settrace(lambda *a: None)
sys.settrace(None)
def f(x):
    return [x, 2 * x]
