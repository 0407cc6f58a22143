# row: B13
# attack: returns a generator that calls itself endless and is of a class of the tests' own name
# problem: back back_unknown
# verdict: rejected
# naive: skip
class count:
    def __iter__(self): return self
    def __next__(self): return 1
count.__module__ = "itertools"
def f(x):
    return count()
