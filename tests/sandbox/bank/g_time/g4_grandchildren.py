# row: G4
# attack: the parent waits, its grandchildren compute
# problem: split stdio
# verdict: time_limit
import os, time
if os.fork() == 0:
    for _ in range(3):
        os.fork()
    while True:
        pass
time.sleep(60)
