# row: C10
# attack: 10^16 for 10^16 + 1: equal as floats
# problem: exact
# verdict: wrong_answer
# naive: lenient
print(10 ** 16)
