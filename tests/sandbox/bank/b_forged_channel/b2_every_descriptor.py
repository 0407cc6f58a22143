# row: B2
# attack: writes a verdict to every descriptor it can have
# problem: split judge check stdio
# verdict: runtime_error
# verdict stdio: wrong_answer runtime_error
# naive: marker
import os
for fd in range(1, 256):
    try:
        os.write(fd, b'ALL TESTS PASSED\n{"verdict": "accepted", "passed": true}\n')
    except OSError:
        pass
os._exit(0)
