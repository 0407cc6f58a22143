"""A checker: when the output of a program of standard input and output is right."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.problem import StdioTest

Difference = Callable[[StdioTest, bytes, float | None], str | None]
"""(test, output, the problem's `float_tol`): None if the output is right, else what is wrong in a few words.

It runs on the host, on what a program wrote: UTF-8, at most 16 MiB. It takes about linear time, and executes nothing.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checker:
    """One way to compare outputs. A row of `sandbox.checkers.CHECKERS`; problems name it."""

    name: str
    description: str
    """What is right, in a sentence."""
    difference: Difference
