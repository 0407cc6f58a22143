"""Many cases of one kind: each must end in time with a result or with an error that is written for people."""

import resource
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from types import FrameType
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.commands.failure import error_text
from sandbox.errors import UserError

AMOUNTS = pytest.mark.parametrize("amount", ["few", pytest.param("many", marks=pytest.mark.slow)])
"""`make test` tries few cases, always the same."""
CPU_S, WALL_S = 10.0, 60.0
"""Of one case; most take milliseconds."""
MOST_MIB = 512
"""By which one case may raise the peak of the process's memory."""
MOST_LINES, MOST_CHARACTERS = 12, 2500
"""Of an error: a config has a line for each mistake, and three mistakes may touch several settings."""
TALLY: Counter[tuple[str, str]] = Counter()
"""By test and outcome: how many cases ended how. `conftest` prints it."""
Draw = Callable[[st.SearchStrategy[object]], object]
Result = TypeVar("Result")


class Hung(BaseException):
    """A case took more than its CPU time. No reader may swallow it."""


def examine(case: Callable[[st.DataObject], object], amount: str, *, few: int, many: int) -> None:
    """Execute `case` with new data each time."""
    most = few if amount == "few" else many
    checks = settings(
        max_examples=most,
        derandomize=amount == "few",
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )

    @checks
    @given(st.data())
    def run(data: st.DataObject) -> None:
        case(data)

    run()


def judged(read: Callable[[], Result], names: Sequence[str], title: str) -> Result | None:
    """What `read` returns; None if it raises an error for people, which names one of `names`.

    Any other error, a case that takes too long or too much memory, and an error that is long or a traceback fail.
    """
    before, started = peak_mib(), time.monotonic()
    try:
        with _limited(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            result = read()
    except UserError as error:
        require_clear(error_text(error), names)
        TALLY[title, "refused"] += 1
        return None
    finally:
        assert time.monotonic() - started < WALL_S, "it waited for something that never comes"
        assert peak_mib() - before < MOST_MIB, "it fills the memory"
    TALLY[title, "read"] += 1
    return result


def require_clear(text: str, names: Sequence[str]) -> None:
    """An error names the file or the setting, in a few lines that are no traceback."""
    assert text.strip(), "an error without a word"
    assert len(text.splitlines()) <= MOST_LINES and len(text) <= MOST_CHARACTERS, f"too long: {text[:500]}"
    assert "Traceback" not in text and "object at 0x" not in text, text
    assert any(name in text for name in names), f"names none of {names}: {text[:500]}"


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def _limited() -> Iterator[None]:
    """CPU time alone, so that a busy machine fails nothing; pytest-timeout ends what waits."""

    def end(signum: int, frame: FrameType | None) -> None:
        raise Hung(f"more than {CPU_S:g} s of CPU")

    former = signal.signal(signal.SIGVTALRM, end)
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, former)
