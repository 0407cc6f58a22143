# row: L1
# attack: none: five megabytes of right output
# problem: numbers
# verdict: accepted
n = int(input())
for k in range(n):
    print(k)
