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


def load_split(config: Config, split: str) -> list[Problem]:
    """The problems of `train`, `validation` or `test`, cut to the config's limit."""
    problems = list(read_split(config, split).problems)
    return all_public(problems) if split == "train" and config.protocol.train_tests == "all_public" else problems


def read_split(config: Config, split: str) -> "DataSet":
    from sandbox.problems.load import read_problems

    data = read_problems(getattr(config.problems, split))
    return replace(data, problems=data.problems[: getattr(config.problems, f"limit_{split}")])


def all_public(problems: Iterable[Problem]) -> list[Problem]:
    """The same problems with every test public, so that the public tests alone make the label."""
    return [replace(one, public_tests=(*one.public_tests, *one.private_tests), private_tests=()) for one in problems]


class ProblemSplits:
    """Problems of the splits that runs read, loaded once. A path that is edited meanwhile is not read again."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int | None, bool], tuple[list[Problem], str]] = {}

    def problems(self, config: Config, split: str) -> list[Problem]:
        return self._load(config, split)[0]

    def digest(self, config: Config, split: str) -> str:
        return self._load(config, split)[1]

    def size(self, config: Config, split: str) -> int:
        return len(self._load(config, split)[0])

    def _load(self, config: Config, split: str) -> tuple[list[Problem], str]:
        open_tests = split == "train" and config.protocol.train_tests == "all_public"
        key = (getattr(config.problems, split), getattr(config.problems, f"limit_{split}"), open_tests)
        if key not in self._found:
            problems = load_split(config, split)
            self._found[key] = problems, digest_of([problem.digest() for problem in problems])
        return self._found[key]
