# row: B10
# attack: claims errors that the judge's own code knows
# problem: split judge check
# verdict: runtime_error
import json, os, time
def say(message):
    data = json.dumps(message).encode()
    os.write(3, len(data).to_bytes(4, "big") + data)
names = iter(("Unjudgeable", "Mismatch", "StopIteration", "SystemExit", "GeneratorExit"))
def f(x):
    name = next(names)
    say({"raised": {"type": name, "base": "BaseException", "text": "infrastructure_error", "raised": {}}})
    time.sleep(60)
