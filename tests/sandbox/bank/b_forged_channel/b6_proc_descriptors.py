# row: B6
# attack: writes to the descriptors of itself and its parent through /proc
# problem: split judge check stdio
# verdict: runtime_error
# verdict stdio: wrong_answer runtime_error
# naive: marker
import os
for pid in ("self", str(os.getppid()), "1"):
    for number in range(1, 32):
        try:
            fd = os.open(f"/proc/{pid}/fd/{number}", os.O_WRONLY | os.O_NONBLOCK)
            os.write(fd, b"ALL TESTS PASSED\n")
        except OSError:
            pass
os._exit(0)
