# limit: size of a file
# tried: makes a file of 32 MiB
# advice: the kernel does not enforce RLIMIT_FSIZE
import os


def f():
    file = os.open("/tmp/large", os.O_CREAT | os.O_WRONLY)
    try:
        os.posix_fallocate(file, 0, 32 << 20)
    except OSError:
        return []
    return ["32 MiB in one file"]
