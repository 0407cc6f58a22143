# row: H1
# attack: one allocation beyond the limit, in the call
# problem: split judge check
# verdict: memory_limit
def f(x):
    return [bytearray(1 << 29)]
