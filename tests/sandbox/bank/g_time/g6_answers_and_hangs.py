# row: G6
# attack: prints the right answer and never ends
# problem: stdio
# verdict: time_limit
n = int(input())
print(n, 2 * n, flush=True)
while True:
    pass
