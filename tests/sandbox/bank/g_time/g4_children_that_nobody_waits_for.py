# row: G4
# attack: uses a little more CPU than allowed, in a process that the kernel reaps by itself
# problem: split judge check stdio
# verdict: time_limit
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if os.fork() == 0:
    while time.process_time() < 0.75: pass
    os._exit(0)
try: os.wait()
except ChildProcessError: pass
def f(x): return [x, 2 * x]
if __name__ == "__main__":
    try: print(*f(int(input())))
    except EOFError: pass
