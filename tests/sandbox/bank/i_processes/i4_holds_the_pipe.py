# row: I4
# attack: an orphan keeps the output open, so that its reader would never see the end; the answer is right
# problem: stdio
# verdict: accepted
import os, time
n = int(input())
print(n, 2 * n, flush=True)
if os.fork() == 0:
    os.setsid()
    time.sleep(60)
os._exit(0)
