"""The built-in data sets as rows: the family's own splits, and those made of it for one question each."""

from pathlib import Path

from sandbox.problem import Problem
from sandbox.problems.data_set import DataSetLoader, LoadProblems
from sandbox.problems.suites import SuiteOptions


def _load_family(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    from sandbox.problems.builtin import family

    return family.load_family(str(split))


def _load_phrases(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    from sandbox.problems.builtin import phrases

    return phrases.load_phrases(str(split))


def _load_unsolved(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    from sandbox.problems.builtin import unsolved

    return unsolved.load_unsolved(str(split))


def _row(name: str, label: str, load: LoadProblems, splits: tuple[str, ...]) -> DataSetLoader:
    return DataSetLoader(
        name=name,
        label=label,
        load=load,
        splits=splits,
        needs_split=True,
        public="one example",
        private="eight examples with longer lists",
        reads_files=False,
        all_judgeable=True,
    )


ROWS = (
    _row("builtin", "the built-in family", _load_family, ("train", "validation", "test", "warm")),
    _row("builtin_phrases", "its test split in known or in new rare phrases", _load_phrases, ("known", "new")),
    _row("builtin_unsolved", "its train split, a share unsolvable", _load_unsolved, ("train25", "train50", "train75")),
)
