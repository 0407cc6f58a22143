# row: G5
# attack: a regular expression that backtracks for ever
# problem: split
# verdict: time_limit
import re
def f(x):
    return re.match(r"(a|aa)+$", "a" * 60 + "b")
