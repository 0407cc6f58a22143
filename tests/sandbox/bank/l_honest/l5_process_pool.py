# row: L5
# attack: none, but banned: a process pool needs semaphores, which boxes do not have
# problem: split
# verdict: runtime_error
import multiprocessing
def double(x):
    return 2 * x
def f(x):
    with multiprocessing.Pool(2) as pool:
        return [x, pool.map(double, [x])[0]]
