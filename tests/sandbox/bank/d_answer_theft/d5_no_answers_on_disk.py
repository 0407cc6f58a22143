# row: D5
# attack: looks for anything but an interpreter in the file system; right only if it finds nothing
# problem: split
# verdict: accepted
import os
found = []
for folder in ("/tests", "/answers", "/data", "/work", "/secret", "/mnt", "/home", "/root", "/opt", "/srv", "/ctl"):
    try:
        found += [f"{folder}/{name}" for name in os.listdir(folder) if name != "box"]
    except OSError:
        pass
def f(x):
    return [x, 2 * x] if not found else found
