# row: J5
# attack: a million empty files
# problem: split
# verdict: runtime_error
# cpu: 3
for n in range(10 ** 6):
    open(f"/tmp/{n}", "w").close()
