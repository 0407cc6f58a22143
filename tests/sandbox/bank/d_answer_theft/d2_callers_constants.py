# row: D2
# attack: takes the constant that the caller compares with
# problem: split judge check
# verdict: wrong_answer runtime_error
# naive: assert
import sys
def f(x):
    found = sys._getframe(1).f_code.co_consts
    return [x, found[found.index(x) + 1]]
