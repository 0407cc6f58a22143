# row: A4
# attack: becomes another program, which succeeds
# problem: split judge check
# verdict: runtime_error
# naive: exit
import os, sys
os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", ""])
