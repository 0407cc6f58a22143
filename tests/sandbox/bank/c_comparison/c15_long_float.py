# row: C15
# attack: a float token of megabytes
# problem: third
# verdict: wrong_answer
print("0." + "3" * 10 ** 7)
