# row: G6
# attack: prints the right answer; a thread keeps the process
# problem: stdio
# verdict: time_limit
# wall: 1.5
import threading, time
n = int(input())
print(n, 2 * n, flush=True)
threading.Thread(target=time.sleep, args=(60,)).start()
