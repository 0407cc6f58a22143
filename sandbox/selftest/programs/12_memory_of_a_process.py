# limit: memory of a process
# tried: takes twice the memory that a run may have
# runtimes: runc
# needs: MEMORY_MIB
# advice: the kernel does not enforce RLIMIT_DATA; Linux 4.7 and later do
def f():
    try:
        return [len(bytearray(2 * MEMORY_MIB << 20))]
    except MemoryError:
        return []
