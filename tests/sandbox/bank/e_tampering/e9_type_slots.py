# row: E9
# attack: gives all lists another comparison, through ctypes
# problem: split judge check
# verdict: wrong_answer runtime_error
import ctypes
slot = ctypes.c_void_p.from_address(id(list) + 200)
slot.value = ctypes.c_void_p.from_address(id(object) + 200).value
def f(x):
    return []
