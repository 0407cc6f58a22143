# row: H4
# attack: fills the temporary folder
# problem: split judge stdio
# verdict: runtime_error memory_limit
# cpu: 3
for n in range(100):
    with open(f"/tmp/{n}", "wb") as file:
        file.write(bytes(15 << 20))
