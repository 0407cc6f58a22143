# row: C15
# attack: an integer of a million digits
# problem: stdio split
# verdict: wrong_answer
print("9" * 10 ** 6)
def f(x):
    return 1 << 10 ** 7
