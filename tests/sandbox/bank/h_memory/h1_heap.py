# row: H1
# attack: a list that grows
# problem: split judge stdio
# verdict: memory_limit
# cpu: 3
kept = []
while True:
    kept.append(bytearray(1 << 24))
