"""Cells of one turn: shares of all choices of N answers, against choices that are counted here."""

from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from actors.search.episode import Answer, Episode
from actors.storage.parquet import read_rows
from tests.support.small_study import STUDY, execute_fake_study, write_study

ONE_TURN = (
    STUDY[: STUDY.index("[[methods]]")]
    + """
[[methods]]
strategies = ["base"]
seeds = [0]
selectors = ["random", "pt", "pt_lv"]

[curves]
strategies = ["base"]
seeds = [0]
selectors = ["random", "pt", "oracle"]
one_turn = [1, 2, 3, 4]
"""
)
Choice = Callable[[Sequence[Answer]], float]


def mean_label(answers: Sequence[Answer]) -> float:
    return sum(bool(one.label) for one in answers) / len(answers)


def first_public_pass(answers: Sequence[Answer]) -> float:
    """Of equals all are as likely."""
    passing = [one for one in answers if one.public is not None and one.public.accepted]
    return mean_label(passing or answers)


def any_right(answers: Sequence[Answer]) -> float:
    return float(any(one.label for one in answers))


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = write_study(tmp_path_factory.mktemp("one_turn"), ONE_TURN)
    assert execute_fake_study(file) == 0
    return file.parent / "small"


@pytest.mark.parametrize(
    ("selector", "choose"), [("random", mean_label), ("pt", first_public_pass), ("oracle", any_right)]
)
def test_a_cell_of_one_turn_is_the_mean_over_all_choices(directory: Path, selector: str, choose: Choice) -> None:
    (place,) = (directory / "cells/base-bt-seed0-one-turn/iter_0000/search_sweep").glob("at.json")
    stages = (directory / "stages/iter_0000").glob("search_sweep-*")
    (stage,) = (one for one in stages if one.name in place.read_text())
    episodes = map(Episode.from_row, read_rows(sorted(map(str, stage.glob("part-*.parquet")))))
    drawn = {one.problem_id: one.turns[0].answers for one in episodes if one.selector == "first"}
    cells = pq.read_table(directory / "cells.parquet").to_pylist()
    assert len(drawn) == 5 and {len(answers) for answers in drawn.values()} == {4}
    assert len({bool(one.label) for answers in drawn.values() for one in answers}) == 2
    for width in (1, 2, 3, 4):
        name = selector if width > 1 else "random"
        mine = [row for row in cells if (row["view"], row["selector"], row["width"]) == ("one_turn", name, width)]
        assert len(mine) == len(drawn)
        for row in mine:
            choices = list(combinations(drawn[row["problem_id"]], width))
            assert row["solved"] == pytest.approx(sum(map(choose, choices)) / len(choices))
