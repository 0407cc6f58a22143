# row: J11
# attack: dumps core, again and again
# problem: split stdio
# verdict: runtime_error
import os, resource
try:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
except (OSError, ValueError):
    pass
for _ in range(10):
    if os.fork() == 0:
        os.abort()
    os.wait()
os.abort()
