# row: C16
# attack: a number of many digits, which takes long to be read
# problem: checked stdio
# verdict: wrong_answer
print("9" * 300_000)
