# row: H3
# attack: twenty children with 200 MB each; none of them beyond the limit alone
# problem: split
# verdict: memory_limit
# wall: 10
# cpu: 5
import os, time
for _ in range(20):
    if os.fork() == 0:
        data = bytearray(b"x" * (200 << 20))
        time.sleep(30)
        os._exit(0)
for _ in range(20):
    os.wait()
    break
def f(x):
    return [x, 2 * x]
