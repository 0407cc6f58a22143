# row: E11
# attack: removes the recursion limit and recurses: a segmentation fault, or all memory
# problem: split
# verdict: runtime_error memory_limit time_limit
# slow
# cpu: 3
import sys
sys.setrecursionlimit(1 << 30)
def f(x):
    return f(x) + 1
