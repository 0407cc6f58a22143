# row: G1
# attack: an endless loop in a call
# problem: split judge check
# verdict: time_limit
def f(x):
    while True:
        pass
