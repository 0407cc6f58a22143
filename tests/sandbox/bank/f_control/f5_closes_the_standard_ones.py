# row: F5
# attack: closes standard input, output and error, then answers rightly
# problem: split judge check
# verdict: accepted
import os
for fd in (0, 1, 2):
    os.close(fd)
def f(x):
    return [x, 2 * x]
