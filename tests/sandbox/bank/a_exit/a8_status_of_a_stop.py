# row: A8
# attack: the status of a container that was stopped; and dies by SIGTERM for real
# problem: split judge check stdio
# verdict: runtime_error
# naive: excuse
import os, signal
if os.fork() == 0:
    os._exit(143)
os.wait()
os._exit(143)
