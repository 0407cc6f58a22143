# row: L2
# attack: none: answers without reading three megabytes of input
# problem: large_input
# verdict: accepted
print(sum(range(500_000)))
