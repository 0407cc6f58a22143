# row: E10
# attack: has the test skipped by a class of its own
# problem: split judge check unittest pytest
# verdict: runtime_error
# naive: unittest
import unittest
class Skipped(unittest.SkipTest):
    __module__ = "builtins"
def f(x):
    raise Skipped("not today")
