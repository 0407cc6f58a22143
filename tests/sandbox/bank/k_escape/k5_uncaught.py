# row: K5
# attack: chroot, and does not catch the refusal
# problem: split judge stdio
# verdict: runtime_error
import os
os.chroot("/tmp")
