# row: H5
# attack: shared memory, which counts in no limit of one process
# problem: split
# verdict: memory_limit
# cpu: 5
import mmap, os
areas = [mmap.mmap(-1, 64 << 20) for _ in range(24)]
for area in areas:
    if os.fork() == 0:
        area.write(b"x" * (64 << 20))
        os._exit(0)
    os.wait()
def f(x):
    return [x, 2 * x]
