# row: L5
# attack: none: the same, for a program that prints
# problem: stdio
# verdict: accepted
import threading, time
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
n = int(input())
print(n, 2 * n)
