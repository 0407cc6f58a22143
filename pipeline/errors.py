"""Errors that explain themselves to a person."""

from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError


class ConfigError(UserError, ValueError):
    """A setting is wrong; the message names it, its value and what was expected."""


class StoreError(UserError, RuntimeError):
    """A run directory cannot be used as asked; the message says what differs and what to do."""


class StrategyError(UserError, ValueError):
    """A function of a strategy returned what it may not; the message says which, what, and what was expected."""

    exit_status = ENDED_IN_THE_MIDDLE


SHOWN_CHARACTERS = 300
"""Of the text of an error that was not written for people."""


def root_cause(error: BaseException) -> BaseException:
    """What was raised in an actor or a task: Ray wraps it in an error whose text is a traceback."""
    cause = getattr(error, "cause", None)
    while isinstance(cause, BaseException) and cause is not error:
        error, cause = cause, getattr(cause, "cause", None)
    return error


def what_happened(error: BaseException) -> str:
    """The text of a UserError; of any other error, class, beginning of the text and notes on one line.

    A note says whose function raised it, if that was a plug-in's.
    """
    cause = root_cause(error)
    if isinstance(cause, UserError):
        return str(cause).strip()
    text = " ".join(str(cause).split())
    shown = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
    notes = getattr(cause, "__notes__", ())
    return ", ".join([f"{type(cause).__name__}: {shown}" if shown else type(cause).__name__, *notes])
