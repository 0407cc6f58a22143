# row: C13
# attack: fails every test, where failures are negative codes and all() of them is true
# problem: split judge check
# verdict: runtime_error
# naive: codes
def f(x):
    raise ValueError
