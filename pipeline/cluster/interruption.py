"""What ends a command from outside: SIGTERM, and the death of the Ray that it started.

SIGTERM (of Kubernetes, systemd, `timeout`, `ray job stop`) is an interruption, as Ctrl-C is: the command says how to
continue, and actors end. `ray.init` puts handlers of its own, which print a stack or end the process without a word.

Without its raylet or GCS a driver goes on until it next needs one of them; then Ray ends the process without a word, or
waits for a minute. So the end of either is watched here.
"""

import atexit
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

WATCHED = {"raylet": "raylet", "gcs_server": "GCS"}
"""Processes of Ray that a driver cannot do without: Ray's names for them, and people's."""
ENDED_BY_RAY = 1
ALSO_HEARD_S = 0.5
"""Who sends SIGTERM to all processes of a command, as systemd does, ends Ray's too, and its driver hears of it now."""
_leaving = threading.Event()


def end_with_own_ray() -> None:
    """End this process, with a sentence, when the Ray that it has just started loses one of its own processes."""
    import ray

    worker: Any = ray._private.worker
    node = worker._global_node
    _leaving.clear()
    atexit.register(_leaving.set)  # before Ray's own, which ends these processes
    for name, title in WATCHED.items():
        process = node.all_processes[name][0].process
        logs = node.get_logs_dir_path()
        threading.Thread(target=_end_with, args=(process, title, logs), daemon=True, name=f"watch {title}").start()


def leave_ray() -> None:
    """Leave the cluster, or end the Ray that this process started."""
    import ray

    _leaving.set()
    ray.shutdown()


def _end_with(process: Any, title: str, logs: str) -> None:
    status = process.wait()
    if _leaving.wait(ALSO_HEARD_S):
        return
    said = (
        f"mucode: Ray's own process {title} ended (status {status}), and nothing goes on without it\n"
        f"  its logs: {logs}; if the system ended it for lack of memory, `dmesg` says so\n"
        "  what was committed is kept; once the cause is mended, the same command continues\n"
    )
    with suppress(OSError):
        os.write(2, said.encode())
    os._exit(ENDED_BY_RAY)


class Interrupted(KeyboardInterrupt):
    """By SIGTERM: the message is printed already, and who sent it may send SIGKILL seconds later."""


def interrupt_at_sigterm(message: str = "") -> None:
    """From now on, with `message` on standard error at once: who sends SIGTERM may not wait for the end of actors.

    Only the first one counts: actors end after it, undisturbed. For the main thread.
    """
    heard, command = False, os.getpid()

    def interrupt(*_: object) -> None:
        nonlocal heard
        if os.getpid() != command:  # a fork of it, which Ray ends
            os._exit(128 + signal.SIGTERM)
        if not heard:
            heard = True
            _leaving.set()
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
