# row: J6
# attack: opens files until there are no descriptors left
# problem: split judge stdio
# verdict: runtime_error
kept = []
while True:
    kept.append(open("/dev/null"))
