# row: L4
# attack: none: a thread with a big stack that recurses, as in contests
# problem: stdio
# verdict: accepted
import sys, threading
sys.setrecursionlimit(10 ** 6)
threading.stack_size(128 << 20)
def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)
def main():
    n = int(input())
    print(n, depth(50_000) // 50_000 * 2 * n)
thread = threading.Thread(target=main)
thread.start()
thread.join()
