# row: C15
# attack: a list that holds itself
# problem: split judge check
# verdict: wrong_answer runtime_error
def f(x):
    value = []
    value.append(value)
    return value
