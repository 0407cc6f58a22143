# row: B10
# attack: claims a list where an object is due, and waits
# problem: split judge check
# verdict: runtime_error
import json, os, time
def say(message):
    data = json.dumps(message).encode()
    os.write(3, len(data).to_bytes(4, "big") + data)
def f(x):
    say([])
    time.sleep(60)
