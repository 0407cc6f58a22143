# row: B10
# attack: claims to be loaded, answers before it is asked, and never defines the function
# problem: split judge check
# verdict: runtime_error wrong_answer
import os, json, time
for message in ({"loaded": True}, {"value": None}, {"value": None}):
    data = json.dumps(message).encode()
    os.write(3, len(data).to_bytes(4, "big") + data)
