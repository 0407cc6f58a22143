# row: L6
# attack: depends on the order of a set: the same verdict and message in every run
# problem: single
# verdict: wrong_answer
# repeat: 3
def f(x):
    return "".join({"a", "b", "c", "d", "e", "f"})
