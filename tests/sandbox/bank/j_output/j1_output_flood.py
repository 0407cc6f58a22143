# row: J1
# attack: prints for ever
# problem: split judge check stdio
# verdict: output_limit
while True:
    print("x" * 100_000)
