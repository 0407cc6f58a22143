"""Memory of a run: its limit counts what is reserved, and a thread's stack is reserved but hardly ever used.

`threading.stack_size(1 << 28)` before a deep recursion is a usual idiom. So the limit rises with each thread by its
stack, up to a bound that no process raises itself above; what is used of it counts as any memory, for the box.
"""

import _thread
import contextlib
import resource
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

USUAL, MOST = 8 << 20, 1 << 30
"""Bytes: of the stack of a thread that asks for no size, and of all stacks together."""

_memory = _size = 0


def limit_memory(memory: int) -> None:
    """Bytes of data of this process, stacks of further threads apart."""
    global _memory
    _memory = memory
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory + MOST))


def count_stacks_apart() -> None:
    """From now on, for all modules that start threads by `threading`."""
    names = vars(threading)
    names["stack_size"] = stack_size
    for start in ("_start_new_thread", "_start_joinable_thread"):  # Python 3.13 has the second one
        if start in names:
            names[start] = partial(start_thread, names[start])


def stack_size(size: int = 0, /) -> int:
    """As `_thread.stack_size`, which tells its value only by changing it."""
    global _size
    before = _thread.stack_size(size)
    _size = size
    return before


def start_thread(start: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """`start`, with room for the stacks of the threads that live and of this one."""
    stacks = min((_thread._count() + 1) * (_size or USUAL), MOST)
    with contextlib.suppress(OSError, ValueError):  # the program has lowered its own limits
        resource.setrlimit(resource.RLIMIT_DATA, (_memory + stacks, _memory + MOST))
    return start(*arguments, **named)
