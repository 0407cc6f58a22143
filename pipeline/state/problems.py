"""The problems of a run's splits, loaded once per command."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.config.schema import Config
from pipeline.state.identity import digest_of
from sandbox.problem import Problem

if TYPE_CHECKING:
    from sandbox.problems.data_set import DataSet

HELD_OUT_FIRST = 100_000
"""Buckets of validation problems are numbered from here, so that a number names the same problems in every stage."""


SPLITS = ("train", "validation", "test")


def all_public(problems: Iterable[Problem]) -> list[Problem]:
    """The same problems with every test public, so that the public tests alone make the label."""
    return [replace(one, public_tests=(*one.public_tests, *one.private_tests), private_tests=()) for one in problems]


class ProblemSplits:
    """Problems of the splits that a command works on: each data set is read once, by the first who asks for it.

    One object is made per command and passed down. A file that is edited meanwhile is not read again. A split is
    `train`, `validation` or `test`, cut to the config's limit.
    """

    def __init__(self) -> None:
        self._data_sets: dict[tuple[str, int | None], DataSet] = {}
        self._found: dict[tuple[str, int | None, bool], tuple[list[Problem], str]] = {}

    def data_set(self, config: Config, split: str) -> "DataSet":
        """A split as its data set has it, with what was left out of it. Raises ProblemError if it cannot be read."""
        from sandbox.problems.load import read_problems

        name, limit = getattr(config.problems, split), getattr(config.problems, f"limit_{split}")
        if (name, limit) not in self._data_sets:
            data = read_problems(name)
            self._data_sets[name, limit] = replace(data, problems=data.problems[:limit])
        return self._data_sets[name, limit]

    def problems(self, config: Config, split: str) -> list[Problem]:
        """The problems of a split; under protocol.train_tests = "all_public" training problems hide no test."""
        return self._load(config, split)[0]

    def digest(self, config: Config, split: str) -> str:
        return self._load(config, split)[1]

    def size(self, config: Config, split: str) -> int:
        return len(self._load(config, split)[0])

    def _load(self, config: Config, split: str) -> tuple[list[Problem], str]:
        open_tests = split == "train" and config.protocol.train_tests == "all_public"
        key = (getattr(config.problems, split), getattr(config.problems, f"limit_{split}"), open_tests)
        if key not in self._found:
            problems = list(self.data_set(config, split).problems)
            problems = all_public(problems) if open_tests else problems
            self._found[key] = problems, digest_of([problem.digest() for problem in problems])
        return self._found[key]
