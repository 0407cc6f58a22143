# row: B3
# attack: leaves the file that a harness would read
# problem: split judge check stdio
# verdict: runtime_error
# verdict stdio: wrong_answer
# naive: file
import os
for folder in (".", "/tmp"):
    for name in ("result.json", "junit.xml", "meta"):
        try:
            with open(f"{folder}/{name}", "w") as file:
                file.write('{"passed": true, "status": "accepted"}')
        except OSError:
            pass
os._exit(0)
