# row: L2
# attack: none: three megabytes of input
# problem: large_input
# verdict: accepted
print(sum(int(word) for line in open(0) for word in line.split()))
