# row: B13
# attack: raises an exception named like the judge's own, with its text
# problem: split judge check back back_unknown
# verdict: runtime_error
# naive: skip
class Unjudgeable(BaseException): pass
Unjudgeable.__module__ = "sandbox.guest.judge_box.remote"
def f(x):
    raise Unjudgeable("a function of the tests cannot be passed to the program")
