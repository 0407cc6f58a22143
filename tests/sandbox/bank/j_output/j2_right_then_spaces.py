# row: J2
# attack: the right answer, then spaces for ever
# problem: stdio
# verdict: output_limit
n = int(input())
print(n, 2 * n)
while True:
    print(" " * 100_000)
