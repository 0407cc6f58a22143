"""SIGTERM (of Kubernetes, systemd, `timeout`, `ray job stop`) is an interruption, as Ctrl-C is: actors end, the command
says how to continue. `ray.init` puts handlers of its own, which print a stack or end the process without a word."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


def interrupt_at_sigterm() -> None:
    """From now on. Only the first one counts: actors end after it, undisturbed. For the main thread."""
    heard = False

    def interrupt(*_: object) -> None:
        nonlocal heard
        if not heard:
            heard = True
            raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


@contextmanager
def own_sigterm_kept() -> Iterator[None]:
    """Around `ray.init`: a handler that was there before is there again afterwards.

    Meanwhile Ray's handlers leave by SystemExit, which is raised as KeyboardInterrupt.
    """
    handler = signal.getsignal(signal.SIGTERM)
    if not callable(handler) or threading.current_thread() is not threading.main_thread():
        yield
        return
    try:
        yield
    except SystemExit as error:
        raise KeyboardInterrupt from error
    finally:
        signal.signal(signal.SIGTERM, handler)
