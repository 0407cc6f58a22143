"""Waiting for what another thread does."""

import time
from collections.abc import Callable

DEADLINE_S = 10.0


def wait_until(condition: Callable[[], bool]) -> None:
    """Return as soon as `condition` holds; AssertionError after ten seconds."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        time.sleep(0.005)
