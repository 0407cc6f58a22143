# row: A8
# attack: the status of a container that was killed for its memory
# problem: split judge check stdio
# verdict: runtime_error
# naive: excuse
import os
os._exit(137)
