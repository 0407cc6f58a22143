# row: K8
# attack: leaked descriptors, the working folder, the runtime's own executable; right only if none leads outside
# problem: split
# verdict: accepted
import os
found = []
for name in os.listdir("/proc/self/fd"):
    try:
        target = os.readlink(f"/proc/self/fd/{name}")
    except OSError:
        continue
    if int(name) > 4 and not target.startswith("/proc/"):
        found.append((name, target))
    if target.startswith("/") and not target.startswith(("/dev/null", "/proc/", "/memfd:")):
        found.append((name, target))
found += [] if os.getcwd() == "/tmp" else [os.getcwd()]
for path in ("/proc/self/exe", "/proc/1/exe"):
    try:
        open(path, "r+b").close()
        found.append(path)
    except OSError:
        pass
for path in ("/proc/1/root/..", "/proc/1/cwd", "/proc/1/fd/3"):
    try:
        found.append((path, os.listdir(path)))
    except OSError:
        pass
def f(x):
    return [x, 2 * x] if not found else found
