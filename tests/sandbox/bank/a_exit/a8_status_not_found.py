# row: A8
# attack: the status of a command that was not found
# problem: split stdio
# verdict: runtime_error
# naive: excuse
import os
os._exit(127)
