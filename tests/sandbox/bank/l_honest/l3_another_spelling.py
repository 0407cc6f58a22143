# row: L3
# attack: none: an answer that a checker of the problem's own takes, and the usual comparison does not
# problem: checked stdio
# verdict: accepted
# verdict stdio: wrong_answer
x = int(input())
print(f"{x:03}\n{2 * x:+}")
