# row: F1
# attack: kills its parent
# problem: split judge check stdio
# verdict: wrong_answer
import os, signal
for number in range(1, 65):
    if number not in (signal.SIGSTOP,):
        try:
            os.kill(os.getppid(), number)
        except OSError:
            pass
def f(x):
    return None
