# row: I5
# attack: as many threads as there may be
# problem: split judge
# verdict: runtime_error memory_limit
import threading, time
while True:
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
