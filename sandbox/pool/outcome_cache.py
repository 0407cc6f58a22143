"""What a pool has judged once is known."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from sandbox.verdict import Outcome, Verdict

Deliver = Callable[[Outcome], Any]


class OutcomeCache:
    """Key -> outcome, bounded. Who asks while it is being judged gets the same answer; infrastructure is forgotten."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._known: OrderedDict[Any, Outcome | list[Deliver]] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, key: Any, deliver: Deliver) -> Deliver | None:
        """None if `deliver` has its outcome or will get it from another's run; else run it and call the result."""
        with self._lock:
            entry = self._known.get(key)
            if isinstance(entry, list):
                entry.append(deliver)
                return None
            if entry is None:
                self._known[key] = [deliver]
                return lambda outcome: self._answer(key, outcome)
            self._known.move_to_end(key)
        deliver(entry)
        return None

    def _answer(self, key: Any, outcome: Outcome) -> None:
        with self._lock:
            waiting = self._known.pop(key)
            if outcome.verdict is not Verdict.INFRASTRUCTURE_ERROR:
                self._known[key] = outcome
                self._forget()
        for deliver in waiting if isinstance(waiting, list) else ():
            deliver(outcome)

    def _forget(self) -> None:
        while len(self._known) > self._size and isinstance(next(iter(self._known.values())), Outcome):
            self._known.popitem(last=False)
