# row: C16
# attack: millions of words, which fill the memory of whoever splits them
# problem: checked stdio
# verdict: wrong_answer
print("7 " * 5_000_000)
