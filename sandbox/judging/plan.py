"""How a suite is judged: compared on the host, in a judge box, or by its output. Decided from trusted text only."""

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, get_args

from sandbox import languages
from sandbox.checkers import CHECKERS, Checker, get_checker
from sandbox.judging.generated_inputs import generated_calls, generated_stdin, input_limits
from sandbox.judging.surroundings import hazard, surroundings_of
from sandbox.languages import Call, Language, python
from sandbox.languages.doctests import python_source
from sandbox.languages.language import no_split
from sandbox.problem import DEFAULT_CHECKER, FunctionTest, Limits, Problem, StdioTest, Suite

SHOWN = 120
"""Characters of a test in a message."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JudgingPlan:
    """One problem's suite, ready to be judged. At most one of `calls`, `checks`, `cases` is not empty.

    `identity` is a hash of all that decides a verdict: two plans with the same one judge alike. `tested` is the
    function that the tests are about, if they agree on one. `independent`: no test leaves anything to the next.
    `surroundings`: of the tests' process, what is carried (guest.surroundings). `unjudgeable`: why no box runs them.
    `limits` hold for a run, which has one test if `runs_alone`.
    """

    identity: str
    suite: Suite
    language: Language
    preamble: str
    limits: Limits
    float_tol: float | None
    setup: str = ""
    entry_point: str | None = None
    tested: str | None = None
    calls: tuple[Call, ...] = ()
    checks: tuple[str, ...] = ()
    cases: tuple[StdioTest, ...] = ()
    checker: Checker = CHECKERS[DEFAULT_CHECKER]
    checker_source: str = ""
    independent: bool = False
    surroundings: frozenset[str] = frozenset()
    unjudgeable: str | None = None
    adapters: tuple[str, ...] = ()

    @property
    def runs_alone(self) -> bool:
        """Whether each test of a function has a run of its own."""
        return self.limits.per_test and self.independent

    @property
    def size(self) -> int:
        return len(self.calls) + len(self.checks) + len(self.cases)


def _identity(problem: Problem, suite: Suite) -> str:
    judged = replace(problem, problem_id="", prompt="", reference=None)  # the name comes from either suite's tests
    return hashlib.sha256(f"{suite}{judged.digest()}".encode()).hexdigest()


def _plan_of_inputs(problem: Problem) -> JudgingPlan:
    """Extra inputs, of which no answer is known: what comes out is told, not judged."""
    name = problem.entry_point
    return JudgingPlan(
        identity=_identity(problem, "probes"),
        suite="probes",
        language=languages.get_language(problem.language),
        preamble=problem.preamble,
        limits=input_limits(problem.limits),
        float_tol=None,
        entry_point=name,
        calls=tuple(Call(source, None) for source in generated_calls(problem)),
        cases=tuple(StdioTest(text, "") for text in generated_stdin(problem)),
    )


@lru_cache(maxsize=4096)
def make_plan(problem: Problem, suite: Suite) -> JudgingPlan:
    """Raises ValueError if no box can judge the problem's language or tests."""
    if suite not in get_args(Suite):
        raise ValueError(f"suite {suite!r}: expected one of {', '.join(get_args(Suite))}")
    if suite == "probes":
        return _plan_of_inputs(problem)
    language = languages.get_language(problem.language)
    tests = problem.tests(suite)
    common: dict[str, Any] = {"suite": suite, "preamble": problem.preamble, "limits": problem.limits}
    common |= {"float_tol": problem.float_tol, "identity": _identity(problem, suite), "language": language}
    if problem.io == "stdio":
        common |= {"checker": get_checker(problem.checker), "checker_source": problem.checker_source}
        return JudgingPlan(cases=tuple(test for test in tests if isinstance(test, StdioTest)), **common)
    if problem.has_checker:
        raise ValueError("a checker judges what a program prints, and the tests of this problem are a function's")
    sources = [test.source for test in tests if isinstance(test, FunctionTest)]
    every = [test.source for test in (*problem.public_tests, *problem.private_tests) if isinstance(test, FunctionTest)]
    name = problem.entry_point or language.tested_name(every)
    trusted = language.defined_names(problem.preamble)
    split = partial(python.split_test, adapters=frozenset(problem.adapters)) if problem.adapters else language.split
    calls = [split(source, name, trusted) for source in sources]
    if problem.setup or None in calls:  # set-up code is test code: it stays with the judge
        if not language.judge_box:
            raise ValueError(_not_judged(problem, sources, calls))
        common |= {"tested": name, "independent": language.judge_box.are_independent(problem.setup, sources)}
        common |= {"setup": problem.setup, **_of_checks(problem, sources)}
        if not common["independent"]:
            common["limits"] = _shared_limits(problem.limits, len(sources))
        return JudgingPlan(entry_point=problem.entry_point, **common)
    common |= {"calls": tuple(call for call in calls if call), "adapters": problem.adapters}
    return JudgingPlan(entry_point=name, independent=True, **common)


def _shared_limits(limits: Limits, tests: int) -> Limits:
    """Of one run for tests that need each other: the time of all of them, if limits are a test's."""
    if not limits.per_test:
        return limits
    many = max(1, tests)
    return replace(limits, cpu_limit_s=limits.cpu_limit_s * many, wall_limit_s=limits.wall_limit_s * many)


def _of_checks(problem: Problem, sources: list[str]) -> dict[str, Any]:
    """What a judge box runs, and what it carries."""
    if problem.language != "python":
        return {"checks": tuple(sources)}
    checks = tuple(map(python_source, sources))
    every = (problem.setup, *checks)
    why = hazard(every, problem.preamble)
    return {"checks": checks, "surroundings": surroundings_of(every), "unjudgeable": why}


def no_function_problems(language: Language) -> str:
    """What is wrong with a function problem in a language whose tests nobody takes apart."""
    return f"{language.title} has no function problems here, only programs of standard input and output"


def _not_judged(problem: Problem, sources: list[str], calls: list[Call | None]) -> str:
    """Why a problem cannot be judged in a language whose tests nobody runs."""
    language = languages.get_language(problem.language)
    title = language.title
    if language.split is no_split:
        return no_function_problems(language)
    if problem.setup:
        return f"set-up code cannot be judged in {title}: there is no judge box for its tests"
    offender = calls.index(None)
    if problem.entry_point is None:  # what each test is about; the one that is about something else is named
        names = [language.tested_name([source]) for source in sources]
        offender = next((place for place, name in enumerate(names) if name is None or name != names[0]), offender)
    test = " ".join(sources[offender].split())
    return (
        f"a {title} test must be an assertion about one call of the tested function and a literal,"
        f" because there is no judge box for others: {test[:SHOWN]}"
    )
