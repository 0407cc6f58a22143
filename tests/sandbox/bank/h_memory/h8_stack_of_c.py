# row: H8
# attack: recursion through C, without a limit of Python's
# problem: split
# verdict: runtime_error memory_limit
# cpu: 3
import sys
sys.setrecursionlimit(1 << 30)
class A:
    def __repr__(self):
        return repr([self])
def f(x):
    return repr(A())
