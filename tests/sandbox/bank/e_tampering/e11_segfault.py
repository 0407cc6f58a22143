# row: E11
# attack: a segmentation fault
# problem: split judge check stdio
# verdict: runtime_error
import ctypes
ctypes.string_at(0)
