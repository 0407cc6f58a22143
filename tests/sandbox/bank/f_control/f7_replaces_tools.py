# row: F7
# attack: overwrites the interpreter and the guest code; right only if it cannot
# problem: split
# verdict: accepted
import os, sys
found = []
for path in (sys.executable, os.path.realpath(sys.executable), os.__file__, "/opt/box/sandbox/guest/child.py", "/etc/passwd"):
    try:
        open(path, "r+b").close()
        found.append(path)
    except OSError:
        pass
for folder in ("/", "/usr", "/usr/local/bin", "/opt", "/opt/box", "/etc", "/dev", "/sys", os.path.dirname(os.__file__)):
    try:
        open(f"{folder}/evil", "w").close()
        found.append(folder)
    except OSError:
        pass
def f(x):
    return [x, 2 * x] if not found else found
