# row: C16
# attack: a right answer, and NUL bytes behind it
# problem: checked stdio
# verdict: wrong_answer
# naive: nul
x = int(input())
print(x, 2 * x, "\0" * 1000)
