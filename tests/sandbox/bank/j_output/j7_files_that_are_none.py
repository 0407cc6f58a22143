# row: J7
# attack: links and pipes where the tests will read, and more files than can be carried
# problem: files
# verdict: rejected
import os
def f(x):
    os.symlink("/etc/passwd", "out")
    os.mkfifo("pipe")
    for n in range(1500):
        open(f"file{n}", "w").close()
