# row: E10
# attack: has the test skipped
# problem: split judge check unittest pytest
# verdict: runtime_error
# naive: unittest
import unittest
def f(x):
    raise unittest.SkipTest("not today")
