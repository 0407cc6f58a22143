"""Errors that explain themselves, and what can go wrong with the sandbox. None says anything about a program."""

from collections.abc import Sequence
from dataclasses import dataclass

ENDED_IN_THE_MIDDLE, NOTHING_DONE = 1, 2
"""Exit statuses: what was committed is kept and the same command continues; or no work was begun."""


class UserError(Exception):
    """An error that a person can act on: its text says the value, what was expected, and what to do next.

    The command line prints the text without a traceback and ends with `exit_status`. Every error of this project that
    may reach a user derives from it, beside the built-in class that fits (`class ConfigError(UserError, ValueError)`).
    """

    exit_status: int = NOTHING_DONE


class SandboxError(UserError):
    """The sandbox, not the program."""


class SandboxUnavailable(SandboxError):
    """No box can be had on this machine. The text says what to do about it."""


@dataclass(frozen=True, slots=True)
class LimitFailure:
    """A limit that does not bite: its name, what was seen, and what to do about it."""

    limit: str
    seen: str
    advice: str

    def __str__(self) -> str:
        return f"{self.limit}: {self.seen}; {self.advice}"


class LimitNotEnforced(SandboxUnavailable):
    """The self-test got past a limit. No program may run here before that is mended."""

    def __init__(self, found: Sequence[LimitFailure]) -> None:
        self.found = tuple(found)
        lines = "\n".join(f"  {failure}" for failure in found)
        super().__init__(f"{len(self.found)} limit{'s' * (len(found) > 1)} of the sandbox not enforced here:\n{lines}")

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return type(self), (self.found,)


class BoxLost(SandboxError):
    """A box died, hung or spoke nonsense during a run. The run is repeated in another box."""


class Overloaded(SandboxError):
    """The pool's queue stayed full for longer than the caller wanted to wait."""


class ProblemError(SandboxError):
    """Problems or samples that cannot be read. The text names the file, the line and the field."""
