"""A data set by name, as one row; and what was read of one."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path

from sandbox.errors import ProblemError
from sandbox.packages import missing_imports
from sandbox.problem import Problem, Test
from sandbox.problems.judgeable import unjudgeable_reason
from sandbox.problems.rows import TEXT, is_text
from sandbox.problems.suites import SuiteOptions
from sandbox.problems.toothless import toothless_reason

SHOWN = 5
"""Excluded problems whose reasons are printed."""

LoadProblems = Callable[[str | None, SuiteOptions, Path | None], list[Problem]]
"""(split, which tests are public, file): the problems of `file`, or without one of the data set's own place.

`split` is None or one of the row's. Raises ProblemError that names file, line, field, what was found and expected.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSetLoader:
    """One data set. A row of `sandbox.problems.load.DATA_SETS`; texts go into help, errors and docs/datasets.md."""

    name: str
    label: str
    """As people write it."""
    load: LoadProblems
    splits: tuple[str, ...] = ()
    needs_split: bool = False
    """Whether its own place can only be read split by split; a file in its format can be read whole."""
    public: str
    """Which tests a model may see, in a few words."""
    private: str
    """Which tests only judge."""
    place: str = ""
    """Its file below MUCODE_DATA_DIR, if it has one there."""
    reads_files: bool = True
    """Whether NAME@FILE reads a file in its format."""
    all_judgeable: bool = False
    """Whether every problem is known to be judgeable, so that their tests are not searched for what is not."""

    def check_split(self, split: str | None, from_file: bool) -> None:
        """Raises ProblemError for a split that this data set lacks, or a missing one that it needs."""
        missing = split is None and self.needs_split and not from_file
        if missing or split not in (None, *self.splits):
            expected = f"one of {', '.join(self.splits)}" if self.splits else "no split: it has none"
            raise ProblemError(f"{self.name}: expected {expected}, found {split or 'no split'}")


@dataclass(frozen=True, slots=True)
class DataSet:
    """Problems that can be judged, and those that cannot, each with its `unjudgeable` reason."""

    name: str
    problems: tuple[Problem, ...]
    excluded: tuple[Problem, ...] = ()
    missing: tuple[tuple[str, int], ...] = ()
    """Libraries that the boxes lack, by the name that programs import, and how many problems need each."""

    def exclusions(self) -> str | None:
        """`2 problems of NAME excluded: …`, None if all can be judged."""
        if not self.excluded:
            return None
        count = f"{len(self.excluded)} problem{'s' * (len(self.excluded) > 1)} of {self.name} excluded: "
        if self.missing:
            needed = ", ".join(f"{name} {problems}" for name, problems in self.missing)
            count += f"not in sandbox.packages (--packages), with the problems that need it: {needed}; "
        reasons = [f"{problem.problem_id}: {problem.unjudgeable}" for problem in self.excluded[:SHOWN]]
        more = len(self.excluded) - SHOWN
        return count + "; ".join([*reasons, f"and {more} more"] if more > 0 else reasons)


def _reason(problem: Problem) -> str | None:
    """Why a problem is left out, if it is: its loader says so, its tests cannot be judged, or reject nothing."""
    return problem.unjudgeable or unjudgeable_reason(problem) or toothless_reason(problem)


def _unwritable(problem: Problem) -> str | None:
    """A field with text that no file and no box can hold, whatever loader made the problem; None if there is none."""
    for one in fields(problem):
        value = getattr(problem, one.name)
        parts = value if isinstance(value, tuple) else (value,)
        texts = [text for part in parts for text in (astuple(part) if isinstance(part, Test) else (part,))]
        if not all(is_text(text) for text in texts if isinstance(text, str)):
            return one.name
    return None


def sort_out(name: str, problems: list[Problem], packages: Sequence[str] = ()) -> DataSet:
    """Those that can be judged in boxes with `packages` apart from the others.

    Raises ProblemError for an id that appears twice.
    """
    seen: set[str] = set()
    good: list[Problem] = []
    excluded: list[Problem] = []
    missing: Counter[str] = Counter()
    for problem in problems:
        if problem.problem_id in seen:
            raise ProblemError(f"{name}: task_id {problem.problem_id!r} appears twice")
        seen.add(problem.problem_id)
        if (field := _unwritable(problem)) is not None:
            raise ProblemError(f"{name}: task_id {problem.problem_id!r}: field {field}: expected {TEXT}")
        lacking = missing_imports(problem.imports, packages)
        missing.update(lacking)
        reason = f"it imports {', '.join(lacking)}" if lacking else _reason(problem)
        (excluded if reason else good).append(replace(problem, unjudgeable=reason) if reason else problem)
    return DataSet(name, tuple(good), tuple(excluded), tuple(missing.most_common()))


def join_data_sets(name: str, sets: Sequence[DataSet]) -> DataSet:
    """One after the other. Raises ProblemError for an id that two of them have."""
    seen: set[str] = set()
    for problem in (one for found in sets for one in (*found.problems, *found.excluded)):
        if problem.problem_id in seen:
            raise ProblemError(f"{name}: task_id {problem.problem_id!r} is in two of these sets; take one of them")
        seen.add(problem.problem_id)
    missing: Counter[str] = Counter()
    for found in sets:
        missing.update(dict(found.missing))
    return DataSet(
        name,
        tuple(one for found in sets for one in found.problems),
        tuple(one for found in sets for one in found.excluded),
        tuple(missing.most_common()),
    )
