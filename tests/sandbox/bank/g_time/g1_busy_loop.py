# row: G1
# attack: an endless loop
# problem: split judge check stdio
# verdict: time_limit
def f(x):
    while True:
        pass
f(0)
