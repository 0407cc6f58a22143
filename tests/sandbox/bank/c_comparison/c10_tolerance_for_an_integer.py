# row: C10
# attack: 1.000005 for 1
# problem: one
# verdict: wrong_answer
# naive: lenient
print(1.000005)
