# row: B10
# attack: right answers, but each claimed twice
# problem: split judge check
# verdict: runtime_error wrong_answer
import os, json
def f(x):
    data = json.dumps({"value": [x, 2 * x]}).encode()
    os.write(3, len(data).to_bytes(4, "big") + data)
    return [x, 2 * x]
