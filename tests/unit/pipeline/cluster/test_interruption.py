"""SIGTERM is an interruption, whatever `ray.init` does to its handler."""

import os
import signal
import sys
from collections.abc import Iterator

import pytest

from pipeline.cluster.interruption import Interrupted, interrupt_at_sigterm, own_sigterm_kept


@pytest.fixture(autouse=True)
def handler_restored() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def put_another_handler() -> None:
    """As ray.init does."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(number))


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_the_first_sigterm_interrupts_and_a_second_does_not_disturb() -> None:
    interrupt_at_sigterm()
    with pytest.raises(KeyboardInterrupt):
        terminate()
    terminate()


def test_the_message_is_there_before_anything_ends(capfd: pytest.CaptureFixture[str]) -> None:
    interrupt_at_sigterm("mucode: interrupted")
    try:
        terminate()
    except Interrupted:
        assert capfd.readouterr().err == "mucode: interrupted\n"
        return
    pytest.fail("nothing was interrupted")


def test_the_handler_outlives_one_that_a_library_puts() -> None:
    interrupt_at_sigterm()
    with own_sigterm_kept():
        put_another_handler()
    with pytest.raises(KeyboardInterrupt):
        terminate()


def test_a_sigterm_in_the_meantime_is_an_interruption() -> None:
    interrupt_at_sigterm()
    with pytest.raises(Interrupted), own_sigterm_kept():
        put_another_handler()
        terminate()


def test_who_has_no_handler_keeps_the_library_s() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with own_sigterm_kept():
        put_another_handler()
    with pytest.raises(SystemExit):
        terminate()
