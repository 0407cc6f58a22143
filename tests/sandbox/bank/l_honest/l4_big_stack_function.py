# row: L4
# attack: none: the same for a function
# problem: split judge
# verdict: accepted
import sys, threading
sys.setrecursionlimit(10 ** 6)
threading.stack_size(64 << 20)
def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)
def f(x):
    got = []
    thread = threading.Thread(target=lambda: got.append(depth(30_000)))
    thread.start()
    thread.join()
    return [x, 2 * x * got[0] // 30_000]
