# row: J10
# attack: runs a file that it wrote
# problem: split
# verdict: runtime_error
import os
with open("/tmp/run", "w") as file:
    file.write("#!/usr/local/bin/python3\nprint('hello')\n")
os.chmod("/tmp/run", 0o755)
os.execv("/tmp/run", ["/tmp/run"])
