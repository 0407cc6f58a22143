"""Problems by name or from a file, and what could not be taken from it.

    mbpp                           a data set: a row of DATA_SETS, or an entry point of the group `mucode.data_sets`
    mbpp:train                     one of its splits
    my_package.sets:ROW            a row of your own, a DataSetLoader: module, colon, name of the object
    my_package.sets:ROW:train      one of its splits
    mbpp:train?public_tests=all    with another choice of the tests that a model may see: see SuiteOptions
    mbpp:train?order=shortest      in another order
    mbpp:train?private_tests=1     with fewer tests that judge
    mbpp:train?part=1/4            every fourth problem, from the first on
    mbpp:test@other.jsonl          a file in that data set's format
    problems.jsonl                 a file of one's own: see sandbox.problems.jsonl
    mbpp:test+humaneval            one after the other, none of them with @FILE

Several options are joined by `&`. The order is NAME, split, options, file. Shipped names win, then files, then
plug-ins; nothing of a plug-in is imported before its problems are read.
"""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import ProblemError, UserError
from sandbox.problem import Problem
from sandbox.problems import jsonl
from sandbox.problems.builtin import sets as builtin
from sandbox.problems.checked import require_problems
from sandbox.problems.data_set import DataSet, DataSetLoader, join_data_sets, sort_out
from sandbox.problems.published import (
    codecontests,
    competitions,
    evalplus_inputs,
    humaneval,
    humanevalpack,
    kodcode,
    leetcode,
    mbpp,
    unittest_sets,
)
from sandbox.problems.suites import SuiteOptions, parse_options
from sandbox.registry import IMPORT_PATH, Registry
from sandbox.terminal import is_file

PUBLISHERS = (
    mbpp,
    humaneval,
    humanevalpack,
    evalplus_inputs,
    unittest_sets,
    leetcode,
    competitions,
    codecontests,
    kodcode,
)
ROWS = (*builtin.ROWS, *(row for publisher in PUBLISHERS for row in publisher.ROWS))
DATA_SETS: Registry[DataSetLoader] = Registry("data set", DataSetLoader, {row.name: row for row in ROWS})


def load_problems(name: str, packages: Sequence[str] = ()) -> list[Problem]:
    """The problems of `read_problems(name, packages)` that can be judged. Raises ProblemError."""
    return list(read_problems(name, packages).problems)


def read_problems(name: str, packages: Sequence[str] = ()) -> DataSet:
    """A data set by one of the forms above, for boxes with `packages` (NAME==VERSION) beyond numpy.

    Raises ProblemError naming file, line, field, what was found and what was expected; RegistryError for a plug-in
    that cannot be imported or is no DataSetLoader.
    """
    sets = [_read_one(one, packages) for one in split_names(name)]
    return sets[0] if len(sets) == 1 else join_data_sets(name, sets)


def split_names(name: str) -> list[str]:
    """The names that `+` joins. A path may hold a plus itself, so a name with one is whole."""
    return [name] if "@" in name or is_file(name) else name.split("+")


def _read_one(name: str, packages: Sequence[str]) -> DataSet:
    try:
        return _read(name, packages)
    except RecursionError:
        raise ProblemError(
            f"{name}: a field of a problem is nested too deep to be read; leave that problem out"
        ) from None


def _read(name: str, packages: Sequence[str]) -> DataSet:
    spec = parse_name(name)
    if spec is None:
        return sort_out(name, jsonl.load_file(Path(name)), packages)
    row = DATA_SETS[spec.row]
    row.check_split(spec.split, from_file=spec.path is not None)
    if spec.path is not None and not row.reads_files:
        raise ProblemError(f"{name}: {row.label} is read from no file; leave out @{spec.path}")
    if spec.path is not None and not is_file(spec.path):
        raise ProblemError(f"{name}: there is no file {spec.path}")
    problems = row.load(spec.split, spec.options, spec.path) if spec.row in DATA_SETS else _load_plugin(row, spec)
    problems = spec.options.arrange(problems)
    return DataSet(name, tuple(problems)) if row.all_judgeable else sort_out(name, problems, packages)


@dataclass(frozen=True, slots=True)
class DataSetName:
    """What a name says: a row of DATA_SETS by its name or import path, and what is to be read of it."""

    row: str
    split: str | None
    options: SuiteOptions
    path: Path | None


def parse_name(name: str) -> DataSetName | None:
    """The parts of a data set's name, None for a file of one's own. Imports nothing; raises ProblemError."""
    head, _, path = name.partition("@")
    head, _, options = head.partition("?")
    parts = head.split(":")
    if parts[0] not in DATA_SETS and is_file(name):
        return None
    row = _row_of(parts)
    if row is None:
        shipped, absent = ", ".join(DATA_SETS), IMPORT_PATH.fullmatch(":".join(parts[:2]))
        missing = f"; there is no module {parts[0]!r}: is its folder on PYTHONPATH?" if absent else ""
        raise ProblemError(
            f"{name} is neither a file nor a data set. Shipped: {shipped}, with a split as in mbpp:train if they have "
            f"some. One of your own is named package.module:ROW, or by an entry point of the group {DATA_SETS.group!r}"
            f"{missing}"
        )
    split = ":".join(parts[row.count(":") + 1 :])
    return DataSetName(row, split or None, parse_options(name, options), Path(path) if path else None)


def _row_of(parts: list[str]) -> str | None:
    """The row's name or import path at the start of `NAME:SPLIT` or `package.module:ROW:SPLIT`."""
    if parts[0] in DATA_SETS or DATA_SETS.import_path(parts[0]) is not None:
        return parts[0]
    path = ":".join(parts[:2])
    if not IMPORT_PATH.fullmatch(path):
        return None
    module = parts[0].partition(".")[0]
    return path if "." in parts[0] or importlib.util.find_spec(module) is not None else None


def _load_plugin(row: DataSetLoader, spec: DataSetName) -> list[Problem]:
    """The problems of another package's row. Raises ProblemError if they cannot be judged as they are."""
    try:
        problems = row.load(spec.split, spec.options, spec.path)
    except UserError:
        raise
    except Exception as error:
        said = ", ".join([" ".join(f"{type(error).__name__}: {error}".split()), *getattr(error, "__notes__", ())])
        raise ProblemError(f"data set {spec.row!r} failed to load its problems: {said}") from error
    return require_problems(spec.row, problems)


def describe_data_sets() -> str:
    """A line per shipped data set: its name with splits, and what is public."""
    return "\n".join(
        f"{row.name}{':' + '|'.join(row.splits) if row.splits else ''}: {row.label}; public: {row.public}"
        for row in DATA_SETS.values()
    )
