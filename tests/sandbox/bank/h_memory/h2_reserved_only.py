# row: H2
# attack: reserves much and touches none of it
# problem: split
# verdict: accepted runtime_error memory_limit
import mmap
area = mmap.mmap(-1, 8 << 30)
def f(x):
    return [x, 2 * x]
