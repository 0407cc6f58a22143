# row: H4
# attack: fills files in memory, which no limit per process counts
# problem: split
# verdict: memory_limit runtime_error
# cpu: 3
# wall: 10
import os
kept = []
for n in range(200):
    fd = os.memfd_create("x")
    os.write(fd, bytes(15 << 20))
    kept.append(fd)
def f(x):
    return [x, 2 * x]
