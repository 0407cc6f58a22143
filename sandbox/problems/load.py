"""Problems by name or from a file, and what could not be taken from it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox.errors import ProblemError
from sandbox.problem import Problem
from sandbox.problems import codecontests, humaneval, jsonl, mbpp
from sandbox.problems.judgeable import unjudgeable
from sandbox.problems.suites import PAPER, Suites

Loader = Callable[[str | None, Suites, Path | None], list[Problem]]
SHOWN = 5


LOADERS: dict[str, Loader] = {
    "mbpp": mbpp.load,
    "mbpp_sanitized": mbpp.load_sanitized,
    "mbpp_plus": mbpp.load_plus,
    "humaneval": humaneval.load,
    "humanevalpack": humaneval.load_pack,
    "humaneval_plus": humaneval.load_plus,
    "codecontests": codecontests.load,
    "codecontests_sample": codecontests.load_sample,
}
NAMES = f"{', '.join(LOADERS)} and builtin, with a split as in mbpp:train where there are some"


@dataclass(frozen=True, slots=True)
class DataSet:
    """Problems that can be judged, and those that cannot, each with its `unjudgeable` reason."""

    name: str
    problems: tuple[Problem, ...]
    excluded: tuple[Problem, ...] = ()

    def exclusions(self) -> str | None:
        """`2 problems of NAME excluded: …`, None where all can be judged."""
        if not self.excluded:
            return None
        count = f"{len(self.excluded)} problem{'s' * (len(self.excluded) > 1)} of {self.name} excluded: "
        reasons = [f"{problem.problem_id}: {problem.unjudgeable}" for problem in self.excluded[:SHOWN]]
        more = len(self.excluded) - SHOWN
        return count + "; ".join([*reasons, f"and {more} more"] if more > 0 else reasons)


def load(name: str, suites: Suites = PAPER) -> list[Problem]:
    """The problems of `read(name)` that can be judged. Raises ProblemError."""
    return list(read(name, suites).problems)


def read(name: str, suites: Suites = PAPER) -> DataSet:
    """A data set: `NAME`, `NAME:SPLIT`, `NAME@FILE` in its publisher's format, or a file of one's own.

    Raises ProblemError naming file, line, field, what was found and what was expected.
    """
    known, at, path = name.partition("@")
    known, _, split = known.partition(":")
    if known == "builtin" and not at:
        return DataSet(name, tuple(_builtin(split)))
    if known in LOADERS:
        if at and not Path(path).is_file():
            raise ProblemError(f"{name}: there is no file {path}")
        problems = LOADERS[known](split or None, suites, Path(path) if at else None)
    elif Path(name).is_file():
        problems = jsonl.load(Path(name))
    else:
        raise ProblemError(f"{name} is neither a file nor a data set; the names are {NAMES}")
    return _sorted_out(name, problems)


def _builtin(split: str) -> list[Problem]:
    from sandbox.problems.builtin import family

    try:
        return family.load(split)
    except ValueError as error:
        raise ProblemError(str(error)) from error


def _sorted_out(name: str, problems: list[Problem]) -> DataSet:
    seen: set[str] = set()
    good: list[Problem] = []
    excluded: list[Problem] = []
    for problem in problems:
        if problem.problem_id in seen:
            raise ProblemError(f"{name}: task_id {problem.problem_id!r} appears twice")
        seen.add(problem.problem_id)
        reason = problem.unjudgeable or unjudgeable(problem)
        (excluded if reason else good).append(replace(problem, unjudgeable=reason) if reason else problem)
    return DataSet(name, tuple(good), tuple(excluded))
