# row: D7
# attack: reads its parent's memory; right only if every way is closed
# problem: split
# verdict: accepted
import ctypes, os
libc, found = ctypes.CDLL(None, use_errno=True), []
for name in ("mem", "maps", "environ", "auxv", "stack", "syscall"):
    try:
        with open(f"/proc/1/{name}", "rb", 0) as file:
            found.append((name, len(file.read(16))))
    except OSError:
        pass
for number in (16, 0x4206, 0x4200):
    if libc.ptrace(number, 1, 0, 0) == 0:
        found.append("ptrace")
class Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("len", ctypes.c_size_t))
data = ctypes.create_string_buffer(64)
here, there = Vector(ctypes.addressof(data), 64), Vector(id(libc), 64)
if libc.process_vm_readv(1, ctypes.byref(here), 1, ctypes.byref(there), 1, 0) > 0:
    found.append("process_vm_readv")
def f(x):
    return [x, 2 * x] if not found else found
