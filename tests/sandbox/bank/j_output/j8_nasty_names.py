# row: J8
# attack: names that are no text, too long, or patterns; folders that resist; the answer is right
# problem: split judge
# verdict: accepted
import os
for name in (b"\xff\xfe", b"%s%n", b"a\nb", b"-rf", b"x" * 255, b"..."):
    os.mkdir(b"/tmp/" + name)
    open(b"/tmp/" + name + b"/" + name, "w").close()
    os.chmod(b"/tmp/" + name, 0)
os.symlink("/", "/tmp/root")
os.symlink("/tmp/loop", "/tmp/loop")
try:
    os.mkfifo("/tmp/fifo", 0)
except OSError:
    pass
def f(x):
    return [x, 2 * x]
