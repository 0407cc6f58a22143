# row: A4
# attack: the module behind os
# problem: split judge check
# verdict: runtime_error
# naive: exit
import posix
posix._exit(0)
