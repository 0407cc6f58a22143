# row: C11
# attack: prints the first line only
# problem: lines
# verdict: wrong_answer
# naive: zip
print(1)
