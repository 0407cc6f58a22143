"""Where in the tests something happened, for messages: a line of a test's source, or of the set-up's."""

import sys
import traceback
from collections.abc import Iterable
from typing import Any

PREAMBLE, SETUP, TEST = "preamble.py", "setup.py", "tests.py"
"""Names under which the trusted sources are compiled."""


def place_of_call() -> dict[str, Any]:
    """Where the tests are now."""
    return _innermost((frame.f_code.co_filename, line) for frame, line in traceback.walk_stack(sys._getframe(1)))


def place_of_error(error: BaseException) -> dict[str, Any]:
    """Where an exception left the tests."""
    frames = [*traceback.walk_tb(error.__traceback__)][::-1]
    return _innermost((frame.f_code.co_filename, line) for frame, line in frames)


def place_of_source(name: str) -> dict[str, Any]:
    """A source as a whole: it does not compile."""
    return {"setup": True} if name == SETUP else {}


def _innermost(places: Iterable[tuple[str, int]]) -> dict[str, Any]:
    """`line` of the test, else of the `setup`; a helper of the set-up that a test calls is the test's line."""
    found = [place for place in places if place[0] in (SETUP, TEST)]
    own = next((line for name, line in found if name == TEST), None)
    if own is not None:
        return {"line": own}
    return {"line": found[0][1], "setup": True} if found else {}
