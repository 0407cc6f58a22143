# row: G9
# attack: half a minute of work before the function is defined
# problem: split
# verdict: time_limit
import time
end = time.process_time() + 30
while time.process_time() < end:
    pass
def f(x):
    return [x, 2 * x]
