# row: H8
# attack: recursion without end
# problem: split judge check
# verdict: runtime_error
def f(x):
    return f(x)
