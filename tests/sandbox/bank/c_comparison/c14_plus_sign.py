# row: C14
# attack: +10 for 10
# problem: ten
# verdict: wrong_answer
# naive: lenient
print("+10")
