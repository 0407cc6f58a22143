# row: I6
# attack: a child that goes on like its parent and answers as well
# problem: split judge check
# verdict: accepted
import os
def f(x):
    os.fork()
    return [x, 2 * x]
