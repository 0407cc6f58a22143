# row: L3
# attack: none: no newline after the last line, of the source too
# problem: stdio
# verdict: accepted
n = int(input()); print(n, 2 * n, end="")
