# limit: memory of the box
# tried: touches 400 MiB of shared pages, which no process' own limit counts
# verdict: memory_limit
# advice: DELEGATE memory
import mmap


def f():
    memory = mmap.mmap(-1, 400 << 20)
    for at in range(0, 400 << 20, 4096):
        memory[at] = 1
    return ["400 MiB in use"]
