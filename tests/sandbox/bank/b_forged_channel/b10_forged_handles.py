# row: B10
# attack: answers with handles of objects that it never gave away, and with changes of arguments that do not exist
# problem: split judge check
# verdict: runtime_error wrong_answer
import json, os, time
def say(message):
    data = json.dumps(message).encode()
    os.write(3, len(data).to_bytes(4, "big") + data)
seen = []
def f(x):
    seen.append(x)
    say({"value": {"handle": -1, "type": "iterator"}, "changed": {"999": [x, 2 * x], "0": {"dict": [[1, 2]]}}})
    time.sleep(.01)
