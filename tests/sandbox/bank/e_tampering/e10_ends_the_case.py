# row: E10
# attack: ends the case with what unittest raises for that itself, and counts as no failure
# problem: split judge check unittest pytest
# verdict: runtime_error
# naive: unittest
from unittest.case import _ShouldStop
def f(x):
    raise _ShouldStop
