# row: F5
# attack: closes its output before it prints
# problem: stdio
# verdict: runtime_error wrong_answer
import os
os.close(1)
print(int(input()))
