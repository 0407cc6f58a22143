"""Errors that explain themselves to a person."""

import re

from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError


class ConfigError(UserError, ValueError):
    """A setting is wrong; the message names it, its value and what was expected."""


class StoreError(UserError, RuntimeError):
    """A run directory cannot be used as asked; the message says what differs and what to do."""


class StrategyError(UserError, ValueError):
    """A function of a strategy returned what it may not; the message says which, what, and what was expected."""

    exit_status = ENDED_IN_THE_MIDDLE


SHOWN_CHARACTERS, SHOWN_ABOUT = 300, 100
"""Of the text of an error that was not written for people, and of what stands around a traceback in it."""
CLUTTER = re.compile(r"\x1b\[[0-9;]*m|^\t(?:actor_id|pid|namespace|ip): .*\n", re.MULTILINE)
"""Colours, and numbers of an actor that is gone."""
LOCATION = re.compile(r'ray::.*|Traceback \(most recent call last\).*|File ".+", line \d+.*')
"""Lines of a traceback; Ray leaves out those of its own files, not what stands below them."""
CAUSE_ENDS = "The above exception was the direct cause of the following exception"


def root_cause(error: BaseException) -> BaseException:
    """What was raised in an actor or a task: Ray wraps it in an error whose text is a traceback."""
    cause = getattr(error, "cause", None)
    while isinstance(cause, BaseException) and cause is not error:
        error, cause = cause, getattr(cause, "cause", None)
    return error


def what_happened(error: BaseException) -> str:
    """The text of a UserError; of any other error, class, beginning of the text and notes on one line.

    Of a text that holds a traceback (an actor's, sent by Ray) what was raised in it comes first, the innermost cause
    before the others. A note says whose function raised it, if that was a plug-in's.
    """
    cause = root_cause(error)
    if isinstance(cause, UserError):
        return str(cause).strip()
    text, name = CLUTTER.sub("", str(cause)), type(cause).__name__
    if reason := " → ".join(dict.fromkeys(filter(None, map(_reason, text.split(CAUSE_ENDS))))):
        about = _line(LOCATION.split(text, 1)[0]).strip(" ,:")
        said = f"{_cut(reason)} ({_cut(': '.join(filter(None, (name, about))), SHOWN_ABOUT)})"
    else:
        said = ": ".join(filter(None, (name, _cut(_line(text)))))
    return ", ".join([said, *getattr(cause, "__notes__", ())])


def _reason(text: str) -> str:
    """What the traceback in a text ends with; "" if there is none."""
    parts = LOCATION.split(text)
    below = parts[-1].split("\n") if len(parts) > 1 else []
    while below and (not below[0] or below[0][0].isspace()):  # the frame's line of source
        del below[0]
    return _line("\n".join(below))


def _line(text: str) -> str:
    return " ".join(text.split())


def _cut(text: str, most: int = SHOWN_CHARACTERS) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
