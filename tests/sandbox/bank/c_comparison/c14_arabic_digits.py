# row: C14
# attack: digits of another script
# problem: ten
# verdict: wrong_answer
# naive: lenient
print("\u0661\u0660")
