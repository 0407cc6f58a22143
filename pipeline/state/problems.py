"""The problems of a run's splits, loaded once per command."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from pipeline.config.schema import Config
from pipeline.state.identity import digest_of
from sandbox.errors import ProblemError
from sandbox.problem import Problem

if TYPE_CHECKING:
    from sandbox.problems.data_set import DataSet

HELD_OUT_FIRST = 100_000
"""Shards of validation problems are numbered from here, or from a larger power of ten if there are as many of training
problems: a number names the same problems in every stage."""


def first_held_out(training_shards: int) -> int:
    """The number of the first shard of validation problems."""
    first = HELD_OUT_FIRST
    while first < training_shards:
        first *= 10
    return first


SPLITS = ("train", "validation", "test")
SplitKey = tuple[str, tuple[str, ...], int | None, bool]
"""Data set, libraries of the boxes, limit, and whether every test is public."""


def all_public(problems: Iterable[Problem]) -> list[Problem]:
    """The same problems with every test public, so that the public tests alone make the label."""
    return [replace(one, public_tests=(*one.public_tests, *one.private_tests), private_tests=()) for one in problems]


class ProblemSplits:
    """Problems of the splits that a command works on: each data set is read once, by the first who asks for it.

    One object is made per command and passed down. A file that is edited meanwhile is not read again. A split is
    `train`, `validation` or `test`, cut to the config's limit.
    """

    def __init__(self) -> None:
        self._data_sets: dict[tuple[str, tuple[str, ...]], DataSet] = {}
        self._problems: dict[SplitKey, list[Problem]] = {}
        self._digests: dict[SplitKey, str] = {}

    def data_set(self, config: Config, split: str) -> "DataSet":
        """A split as its data set has it, with what was left out of it. Raises ProblemError if it cannot be read."""
        from sandbox.problems.load import read_problems

        name, limit = getattr(config.problems, split), getattr(config.problems, f"limit_{split}")
        key = (name, config.sandbox.packages)
        if key not in self._data_sets:
            try:
                self._data_sets[key] = read_problems(*key)
            except ProblemError as error:
                raise ProblemError(f"problems.{split}: {error}") from error
        return replace(self._data_sets[key], problems=self._data_sets[key].problems[:limit])

    def problems(self, config: Config, split: str) -> list[Problem]:
        """The problems of a split; under protocol.train_tests = "all_public" training problems hide no test."""
        key = _split_key(config, split)
        if key not in self._problems:
            problems = list(self.data_set(config, split).problems)
            self._problems[key] = all_public(problems) if key[-1] else problems
        return self._problems[key]

    def digest(self, config: Config, split: str) -> str:
        """A hash of the content of a split: what names it in the identity of stages."""
        key = _split_key(config, split)
        if key not in self._digests:
            self._digests[key] = digest_of([problem.digest() for problem in self.problems(config, split)])
        return self._digests[key]

    def size(self, config: Config, split: str) -> int:
        """How many problems a split has."""
        return len(self.problems(config, split))


def _split_key(config: Config, split: str) -> SplitKey:
    open_tests = split == "train" and config.protocol.train_tests == "all_public"
    problems = config.problems
    return getattr(problems, split), config.sandbox.packages, getattr(problems, f"limit_{split}"), open_tests
