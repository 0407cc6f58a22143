# row: C14
# attack: separates tokens by what only Unicode calls a space
# problem: stdio
# verdict: wrong_answer
# naive: lenient
n = int(input())
print(n, 2 * n, sep="\u00a0")
