# row: A8
# attack: the status of timeout(1)
# problem: split judge check stdio
# verdict: runtime_error
# naive: excuse
import os
os._exit(124)
