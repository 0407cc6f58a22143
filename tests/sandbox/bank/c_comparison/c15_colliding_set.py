# row: C15
# attack: integers that all have one hash: building the set takes quadratic time
# problem: split judge
# verdict: wrong_answer runtime_error output_limit
import os, json, time
def f(x):
    step = (1 << 61) - 1
    data = json.dumps({"value": {"set": [n * step for n in range(1, 300_000)]}}).encode()
    data = len(data).to_bytes(4, "big") + data
    while data:
        data = data[os.write(3, data):]
    time.sleep(60)
