# limit: what an earlier run left
# tried: looks for processes and files of the runs before
# advice: processes or files outlive their run: the box's process namespace or /tmp is shared
import os


def f():
    found = [name for name in os.listdir("/proc") if name.isdigit() and name not in ("1", str(os.getpid()))]
    return found + os.listdir("/tmp")
