# row: A7
# attack: the parent succeeds at once, a child goes on
# problem: split judge check stdio
# verdict: runtime_error
# verdict stdio: wrong_answer
# naive: exit
import os, time
if os.fork():
    os._exit(0)
time.sleep(1)
