"""A shared/exclusive lock on the machine: shared by all runs, or held by one that must run with nothing beside it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class MachineLock:
    """Who waits for the exclusive lock is not overtaken by newcomers.

    Every holder has deadlines of its own, so waits end.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._holders = 0
        self._exclusive = 0

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Beside other runs, while nobody holds or waits for the exclusive lock."""
        with self._changed:
            self._changed.wait_for(lambda: self._exclusive == 0)
            self._holders += 1
        try:
            yield
        finally:
            with self._changed:
                self._holders -= 1
                self._changed.notify_all()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """With nothing beside it, once all who hold the lock have left."""
        with self._changed:
            self._exclusive += 1
            self._changed.wait_for(lambda: self._holders == 0)
            self._holders += 1
        try:
            yield
        finally:
            with self._changed:
                self._holders -= 1
                self._exclusive -= 1
                self._changed.notify_all()
