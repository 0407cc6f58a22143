# row: J4
# attack: the same by reservation
# problem: split
# verdict: runtime_error
import os
fd = os.open("/tmp/big", os.O_CREAT | os.O_WRONLY)
os.posix_fallocate(fd, 0, 2 << 30)
