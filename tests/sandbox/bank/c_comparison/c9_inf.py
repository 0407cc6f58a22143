# row: C9
# attack: inf, which is near to everything by a relative tolerance
# problem: third half
# verdict: wrong_answer
def f(x):
    return float("inf")
print("inf")
