"""How a data set is taken: which tests are public, where papers and released code differ; which problems come first."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from sandbox.errors import ProblemError
from sandbox.problem import Problem, Test

AnyTest = TypeVar("AnyTest", bound=Test)

CHOICES: dict[str, dict[str, Any]] = {
    "public_tests": {"none": "none", "first": "first", "all": "all"},
    "generated_tests": {"false": False, "true": True},
    "order": {"published": "published", "shortest": "shortest"},
    "private_tests": {"all": None, "0": 0, "1": 1, "2": 2, "4": 4},
}
"""Options in the name of a data set, and their values."""
PART = re.compile(r"(?P<number>[1-9]\d{0,5})/(?P<parts>[1-9]\d{0,5})")
"""A value of the option `part`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteOptions:
    """Which tests a model may see, and which problems come first.

    `public_tests`: of the tests that a publisher shows (MBPP's test_list, HumanEval's examples) the first, as in
    arXiv 2502.20380, or all of them, or none. A data set that marks its public tests itself (CodeContests,
    problems of one's own) keeps its marks. What is not public is private; if nothing is left, the private
    suite repeats the public one, so that passing both always means passing every test.
    `generated_tests`: whether CodeContests' machine-made tests judge as well.
    `order`: the publisher's, or those with the shortest reference solution first, which are the easiest on the whole.
    `private_tests`: how many of a problem's private tests judge, the first ones; None: all. With few a wrong program is
    taken for a right one more often; with 0 the private suite repeats the public one.
    `part`: (k, n) takes every n-th problem from the k-th on, counted from 1 in that order; all n parts are the whole.
    """

    public_tests: Literal["none", "first", "all"] = "first"
    generated_tests: bool = False
    order: Literal["published", "shortest"] = "published"
    private_tests: int | None = None
    part: tuple[int, int] = (1, 1)

    def arrange(self, problems: Sequence[Problem]) -> list[Problem]:
        """What of the options holds for every data set: the order, the part, and how many private tests judge.

        Raises ProblemError if that leaves a problem without a test, or the part without a problem.
        """
        (number, parts), count = self.part, self.private_tests
        taken = self.in_order(problems)[number - 1 :: parts]
        if problems and not taken:
            raise ProblemError(f"part={number}/{parts}: there are {len(problems)} problems, so this part has none")
        return [problem if count is None else _with_private(problem, count) for problem in taken]

    def in_order(self, problems: Sequence[Problem]) -> list[Problem]:
        """The problems as `order` says; those of equal length, and those without a reference, by their ids."""
        if self.order == "published":
            return list(problems)
        return sorted(problems, key=lambda one: (one.reference is None, len(one.reference or ""), one.problem_id))

    def divide(
        self, shown: Sequence[AnyTest], hidden: Sequence[AnyTest] = ()
    ) -> tuple[tuple[AnyTest, ...], tuple[AnyTest, ...]]:
        """(public, private) out of the tests that a publisher shows and those that it does not."""
        count = {"none": 0, "first": 1, "all": len(shown)}[self.public_tests]
        return tuple(shown[:count]), (*shown[count:], *hidden) or tuple(shown)


def _with_private(problem: Problem, count: int) -> Problem:
    tests = problem.private_tests[:count] or problem.public_tests
    if not tests:
        raise ProblemError(
            f"private_tests={count}: {problem.problem_id} has no public test that could judge in their place; keep one"
        )
    return replace(problem, private_tests=tests)


def parse_options(name: str, text: str) -> SuiteOptions:
    """`public_tests=all&generated_tests=true` as options; "" gives the defaults. Raises ProblemError."""
    given: dict[str, Any] = {}
    for part in filter(None, text.split("&")):
        option, _, value = part.partition("=")
        if option in given:
            raise ProblemError(f"{name}: the option {option} is given twice; give it once")
        if option == "part":
            given[option] = _parse_part(name, value)
            continue
        if value not in CHOICES.get(option, {}):
            known = "; ".join((*(f"{known}={'|'.join(choices)}" for known, choices in CHOICES.items()), "part=K/N"))
            raise ProblemError(f"{name}: expected options {known} behind the `?`, found {part!r}")
        given[option] = CHOICES[option][value]
    return SuiteOptions(**given)


def _parse_part(name: str, value: str) -> tuple[int, int]:
    found = PART.fullmatch(value)
    if found is None or int(found["number"]) > int(found["parts"]):
        raise ProblemError(f"{name}: part={value}: expected K/N with 1 <= K <= N, as in part=1/4")
    return int(found["number"]), int(found["parts"])
