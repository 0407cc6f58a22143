# row: C14
# attack: 1_0 for 10
# problem: ten
# verdict: wrong_answer
# naive: lenient
print("1_0")
