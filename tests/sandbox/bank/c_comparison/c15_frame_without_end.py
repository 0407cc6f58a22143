# row: C15
# attack: announces a frame of four gigabytes
# problem: split judge check
# verdict: time_limit runtime_error
# wall: 1.5
# slow
import os, time
os.write(3, b"\xff" * 100_000)
time.sleep(60)
