# row: L5
# attack: none: reads the file that the tests wrote, and writes the one that they read
# problem: files
# verdict: accepted
from pathlib import Path
def f(path):
    n = int(Path(path).read_text())
    Path("out").write_text(str([n, 2 * n]))
