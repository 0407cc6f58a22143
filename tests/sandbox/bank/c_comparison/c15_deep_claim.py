# row: C15
# attack: the same as text
# problem: split judge check
# verdict: runtime_error
import os
data = b'{"value":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
loaded = b'{"loaded": true}'
data = len(loaded).to_bytes(4, "big") + loaded + len(data).to_bytes(4, "big") + data
while data:
    data = data[os.write(3, data):]
os._exit(0)
