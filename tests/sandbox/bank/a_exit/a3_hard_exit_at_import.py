# row: A3
# attack: os._exit skips every handler
# problem: split judge check stdio
# verdict: runtime_error
# verdict stdio: wrong_answer
# naive: exit
import os
os._exit(0)
