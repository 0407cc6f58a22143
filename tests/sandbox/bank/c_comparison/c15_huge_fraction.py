# row: C15
# attack: a fraction whose reduction takes for ever
# problem: split judge
# verdict: wrong_answer runtime_error output_limit
import os, json, time
def f(x):
    data = json.dumps({"value": {"fraction": [{"int": "0x" + "f" * 3_000_000}, {"int": "0x" + "e" * 2_999_999 + "3"}]}}).encode()
    data = len(data).to_bytes(4, "big") + data
    while data:
        data = data[os.write(3, data):]
    time.sleep(60)
