# row: A8
# attack: the statuses that the harness itself ends with
# problem: split judge check stdio
# verdict: runtime_error
import os
os._exit(97)
