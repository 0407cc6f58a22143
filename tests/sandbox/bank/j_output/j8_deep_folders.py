# row: J8
# attack: folders nested beyond every stack
# problem: split
# verdict: accepted runtime_error
import os
for _ in range(1500):
    os.mkdir("d")
    os.chdir("d")
def f(x):
    return [x, 2 * x]
