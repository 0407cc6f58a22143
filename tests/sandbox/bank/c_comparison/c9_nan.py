# row: C9
# attack: prints nan where a number is expected: no difference is greater than the tolerance
# problem: third
# verdict: wrong_answer
# naive: lenient
print("nan")
