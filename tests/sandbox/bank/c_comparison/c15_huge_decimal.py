# row: C15
# attack: decimals and floats of megabytes
# problem: split judge
# verdict: wrong_answer runtime_error output_limit
import os, time
def f(x):
    data = b'{"value": [{"decimal": "1' + b"3" * 3_000_000 + b'e999999"}, 0.' + b"3" * 3_000_000 + b"]}"
    data = len(data).to_bytes(4, "big") + data
    while data:
        data = data[os.write(3, data):]
    time.sleep(60)
