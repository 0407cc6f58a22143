# row: J4
# attack: a file of two gigabytes with one byte in it
# problem: split stdio
# verdict: runtime_error
with open("/tmp/big", "wb") as file:
    file.seek(2 << 30)
    file.write(b"x")
