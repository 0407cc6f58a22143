"""SIGTERM (of Kubernetes, systemd, `timeout`, `ray job stop`) is an interruption, as Ctrl-C is: the command says how to
continue, and actors end. `ray.init` puts handlers of its own, which print a stack or end the process without a word."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Interrupted(KeyboardInterrupt):
    """By SIGTERM: the message is printed already, and who sent it may send SIGKILL seconds later."""


def interrupt_at_sigterm(message: str = "") -> None:
    """From now on, with `message` on standard error at once: who sends SIGTERM may not wait for the end of actors.

    Only the first one counts: actors end after it, undisturbed. For the main thread.
    """
    heard = False

    def interrupt(*_: object) -> None:
        nonlocal heard
        if not heard:
            heard = True
            with suppress(OSError):
                os.write(2, f"{message}\n".encode() if message else b"")  # a print may be what was interrupted
            raise Interrupted

    signal.signal(signal.SIGTERM, interrupt)


@contextmanager
def own_sigterm_kept() -> Iterator[None]:
    """Around `ray.init`: a handler that was there before is there again afterwards.

    Meanwhile Ray's handlers leave by SystemExit, which is raised as what that handler raises.
    """
    handler = signal.getsignal(signal.SIGTERM)
    if not callable(handler) or threading.current_thread() is not threading.main_thread():
        yield
        return
    try:
        yield
    except SystemExit as error:
        handler(signal.SIGTERM, None)
        raise KeyboardInterrupt from error
    finally:
        signal.signal(signal.SIGTERM, handler)
