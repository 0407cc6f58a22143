"""A fork that costs the half of `os.fork`.

After `os.fork` Python makes its locks anew and calls what modules have registered, for the threads that the child has
lost. The fork server has one thread, which holds no lock, so its children need none of that; and each page that the
work touches would be a page to copy. The child's own `os.fork` is the usual one.
"""

import contextlib
import ctypes

_libc = ctypes.PyDLL(None, use_errno=True)  # keeps the interpreter's lock over the call, in both processes


def fork_child() -> int:
    """As `os.fork`: 0 in the child, its id in the parent. Only for a process with one thread."""
    pid: int = _libc.fork()
    if pid < 0:
        raise OSError(ctypes.get_errno(), "fork failed")
    return pid


def trim_heap() -> None:
    """Give free pages of the heap back, since each fork copies the entries of all. glibc has it, others may not."""
    with contextlib.suppress(AttributeError):
        _libc.malloc_trim(0)
