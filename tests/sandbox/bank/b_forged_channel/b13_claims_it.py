# row: B13
# attack: sends the message with which the tests say that they cannot be judged, over and over
# problem: split judge check back back_unknown sized_unknown
# verdict: rejected
import json, os
def say(message):
    data = json.dumps(message).encode()
    os.write(3, len(data).to_bytes(4, "big") + data)
def f(x):
    for _ in range(100): say({"unjudgeable": "a function of the tests cannot be passed to the program"})
    return x
