# row: A4
# attack: dies by SIGKILL, as after an OOM kill
# problem: split judge check stdio
# verdict: runtime_error
import os
os.kill(os.getpid(), 9)
