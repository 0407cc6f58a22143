# row: B2
# attack: well-formed frames of the protocol, on every descriptor
# problem: split judge check
# verdict: runtime_error
import os, json
for message in ({"loaded": True}, {"test": 0, "failure": None}, {"test": 1, "failure": None}, {"finished": True}):
    data = json.dumps(message).encode()
    for fd in range(3, 256):
        try:
            os.write(fd, len(data).to_bytes(4, "big") + data)
        except OSError:
            pass
os._exit(0)
