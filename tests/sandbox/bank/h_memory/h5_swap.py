# row: H5
# attack: touches more than the limit, page by page, so that cold pages could go to swap
# problem: split
# verdict: memory_limit
# cpu: 3
import mmap
areas = []
for n in range(40):
    area = mmap.mmap(-1, 16 << 20)
    for at in range(0, 16 << 20, 4096):
        area[at] = 1
    areas.append(area)
def f(x):
    return [x, 2 * x]
