# row: C15
# attack: as many small values as the limit lets through
# problem: split judge
# verdict: wrong_answer runtime_error output_limit time_limit
import os, time
def f(x):
    data = b'{"value": [' + b"[]," * 2_500_000 + b"0]}"
    data = len(data).to_bytes(4, "big") + data
    while data:
        data = data[os.write(3, data):]
    time.sleep(60)
