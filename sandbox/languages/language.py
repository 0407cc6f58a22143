"""A programming language, as the sandbox sees it: everything that differs between languages is a field here."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.problem import Limits


@dataclass(frozen=True, slots=True)
class Call:
    """One test, taken apart. `source` is sent into the box; `expected` never leaves the host."""

    source: str
    expected: Any


Split = Callable[[str, str | None, frozenset[str]], Call | None]
"""(test, tested name, the problem's own names): the call and what it should give, None for any other test."""
Difference = Callable[[Any, Any, float | None], str | None]
"""(tree from a box, `Call.expected`, tolerance): None if equal, else what is wrong. ValueError: no such tree."""

COMPILE_LIMITS = Limits(cpu_limit_s=30, wall_limit_s=120, memory_mib=512)


def one_statement(source: str) -> tuple[str, ...]:
    return (source,)


def no_split(test: str, name: str | None, trusted: frozenset[str]) -> Call | None:
    return None


def no_name(tests: Iterable[str]) -> str | None:
    return None


def no_names(source: str) -> frozenset[str]:
    return frozenset()


def no_difference(tree: Any, expected: Any, tolerance: float | None) -> str | None:
    raise ValueError("a language without function problems has no values")


def as_written(test: str, own: frozenset[str]) -> str:
    return test


def not_independent(setup: str, tests: Iterable[str]) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeBox:
    """How tests that do not split are run: in a container of their own, which asks the program's through the host."""

    command: tuple[str, ...] = ()
    """What runs them, within `{memory_mib}`; empty: the fork server's own Python."""
    check_tree: Callable[[Any], None]
    """Raises for what is neither a plain value's tree nor an object's handle; any exception means that."""
    show_tree: Callable[[Any], str]
    """A tree in a message. Raises for what is none."""
    prepare: Callable[[str, frozenset[str]], str] = as_written
    """(test, names that the tests define): the test as it is run."""
    are_independent: Callable[[str, Iterable[str]], bool] = not_independent
    """(set-up, tests): whether the tests may run in any order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """One language. The first half is about its boxes, the second about its function problems.

    What has no second half judges standard input and output only.
    """

    name: str
    title: str
    """As people write it."""
    fences: tuple[str, ...]
    """What opens a block of it in Markdown, behind the backticks."""
    suffix: str

    more_fences: tuple[str, ...] = ()
    """Further words that models open a block of it with."""
    packages: tuple[str, ...] = ()
    """Debian packages that its image layer takes `files` from."""
    files: tuple[str, ...] = ()
    """What the layer holds: a program by its name, or absolute paths by a pattern, those that exist; shared libraries
    come along. What `compile` and `run` start must exist."""
    compile: tuple[str, ...] = ()
    """Command that makes /tmp/main out of `{program}`, in a run of its own; empty: nothing to compile."""
    compile_limits: Limits = COMPILE_LIMITS
    run: tuple[str, ...] = ()
    """Command that runs `{program}`, a path, within `{memory_mib}`; `{seed}`, from 1 on, is for its random numbers.
    Empty: the fork server's own Python."""
    overhead_mib: int = 0
    """Writable memory that its run time needs before a program has any."""
    stack_mib: int = 0
    """What the stack of the main thread may grow to; 0: as far as the kernel lets it, usually 8 MiB."""
    guest_files: tuple[Path, ...] = ()
    """Files of its own package that its commands find as `/opt/box/sandbox/languages/NAME`."""

    judge_box: JudgeBox | None = None
    """What judges tests that do not split; None: nothing does."""
    statements: Callable[[str], tuple[str, ...]] = one_statement
    """The single tests of one test's source. Raises ValueError for what is none in this language."""
    split: Split = no_split
    tested_name: Callable[[Iterable[str]], str | None] = no_name
    defined_names: Callable[[str], frozenset[str]] = no_names
    """Names that trusted source defines at its top level."""
    difference: Difference = no_difference
