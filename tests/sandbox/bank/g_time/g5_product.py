# row: G5
# attack: one call into C that never returns to the interpreter
# problem: split
# verdict: time_limit
import itertools
def f(x):
    return sum(1 for _ in filter(None, itertools.product(range(1, 100), repeat=20)))
