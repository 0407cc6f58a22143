# row: C9
# attack: returns nan
# problem: split half isclose
# verdict: wrong_answer
def f(x):
    return float("nan")
