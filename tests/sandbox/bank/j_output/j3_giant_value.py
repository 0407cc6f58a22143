# row: J3
# attack: a value beyond the limit
# problem: split judge check
# verdict: output_limit
def f(x):
    return "x" * (9 << 20)
