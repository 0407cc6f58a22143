# row: E8
# attack: a daemon thread forges results after the true one
# problem: split judge check
# verdict: wrong_answer
import os, json, threading, time
def later():
    data = json.dumps({"value": None}).encode()
    while True:
        time.sleep(.001)
        try:
            os.write(3, len(data).to_bytes(4, "big") + data)
        except OSError:
            pass
seen = []
def f(x):
    seen.append(x)
    if len(seen) == 2:
        threading.Thread(target=later, daemon=True).start()
    return None
