# row: G7
# attack: stops every clock that Python knows
# problem: split
# verdict: time_limit
import time, resource
for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time", "time_ns", "monotonic_ns"):
    setattr(time, name, lambda: 0)
resource.getrusage = lambda *a: None
while True:
    pass
