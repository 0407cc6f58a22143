"""A programming problem: its text, its tests, its limits.

Public tests may be shown and their results go back to the model; private tests only judge.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

DEFAULT_CHECKER = "tokens"
LEAST_DIGITS = 640
"""CPython refuses a lower limit on the digits of an integer."""


def _added(default: Any) -> Any:
    """A field that a later version brought: with its default it is no part of a digest, which stays what it was."""
    return field(default=default, metadata={"added": True})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one run may use. CPU time decides; wall time is only the backstop.

    A run is one test of a program of standard input and output, and a whole suite of a function; with `per_test` a
    function's tests have a run each, too. Tests that need each other share one, with the time of all of them.
    `values_mib`: the values that come out, as text; in a judge box's conversation, those of each answer, in as many
    messages as it takes. `int_max_str_digits`: of an integer that Python reads or writes, as
    `sys.set_int_max_str_digits` has it; 0 is no limit, CPython's own is 4300. Raises ValueError for 1 to 639.
    """

    cpu_limit_s: float = 20.0
    wall_limit_s: float = 120.0
    memory_mib: int = 1024
    values_mib: int = 8
    int_max_str_digits: int = _added(0)
    per_test: bool = _added(False)

    def __post_init__(self) -> None:
        if self.int_max_str_digits and self.int_max_str_digits < LEAST_DIGITS:
            raise ValueError(f"int_max_str_digits is {self.int_max_str_digits}, expected 0 or at least {LEAST_DIGITS}")


@dataclass(frozen=True, slots=True)
class FunctionTest:
    """Python source that passes if it raises nothing: `assert f(3) == [3, 6]`, or a whole check program."""

    source: str


@dataclass(frozen=True, slots=True)
class StdioTest:
    """A run of the whole program: what it reads on standard input, and what it must print."""

    input: str
    output: str


Test = FunctionTest | StdioTest
Suite = Literal["public", "private", "probes"]
"""Probes are extra inputs made from the public tests; nothing is expected of them (judging.generated_inputs)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem.

    `prompt` is what the model reads. `setup` is trusted code that runs with the tests, after the
    program; `preamble` is trusted code that runs before the program (helpers given by a prompt).
    `reference` is a solution, never shown to anyone. `float_tol`: room for every number, if set.
    `checker`: what makes printed output right, a row of `sandbox.checkers`; or `checker_source`, trusted Python that
    defines `check(input, output, expected)`, which gives a bool and runs in a judge box.
    `unjudgeable`: why no program can be judged on these tests, if that is known. `imports`: libraries beyond the
    standard one and numpy that its programs or tests import; without them in the boxes it cannot be judged.
    `adapters`: functions of the preamble that tests call to make arguments or to take apart results that cannot cross
    (nodes of a list); they run beside the program, as the preamble has them.
    """

    problem_id: str
    prompt: str
    language: str = "python"
    io: Literal["function", "stdio"] = "function"
    public_tests: tuple[Test, ...] = ()
    private_tests: tuple[Test, ...] = ()
    setup: str = ""
    preamble: str = ""
    entry_point: str | None = None
    reference: str | None = None
    limits: Limits = field(default_factory=Limits)
    float_tol: float | None = None
    unjudgeable: str | None = None
    imports: tuple[str, ...] = ()
    adapters: tuple[str, ...] = _added(())
    checker: str = _added(DEFAULT_CHECKER)
    checker_source: str = _added("")

    @property
    def has_checker(self) -> bool:
        """Whether it says itself what makes an output right."""
        return self.checker != DEFAULT_CHECKER or bool(self.checker_source)

    def tests(self, suite: Suite) -> tuple[Test, ...]:
        """Raises ValueError for probes, which are no tests: nothing says what they should give."""
        if suite == "probes":
            raise ValueError("probes are not tests")
        return self.public_tests if suite == "public" else self.private_tests

    def digest(self) -> str:
        """Hash of everything that decides a verdict or a prompt; 16 hex digits."""
        body = asdict(self)
        del body["imports"]  # what is there decides whether a program is judged, not how
        for part, record in ((body, self), (body["limits"], self.limits)):
            for one in fields(record):
                if one.metadata.get("added") and getattr(record, one.name) == one.default:
                    del part[one.name]
        text = json.dumps(body, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]
