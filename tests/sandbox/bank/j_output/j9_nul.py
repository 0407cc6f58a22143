# row: J9
# attack: a NUL after the right answer
# problem: stdio
# verdict: wrong_answer
# naive: nul
n = int(input())
print(f"{n} {2 * n}\0")
