"""The runs of a study file, and what is wrong with one."""

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.study.load import load_study
from pipeline.study.runs import study_runs
from tests.support.small_study import STUDY, write_study


def test_runs_are_the_product_of_the_axes(tmp_path: Path) -> None:
    found = study_runs(load_study(write_study(tmp_path)))
    assert [run.name for run in found] == [
        *("base-bt-seed0", "mucode-bt-seed0", "base-bt-seed1", "mucode-bt-seed1"),
        *("base-bt-seed0-over-n", "base-bt-seed0-t4"),
        *("mucode-bt-seed0-over-n", "mucode-bt-seed0-t4"),
    ]
    assert [run.config.run.iterations for run in found[:2]] == [0, 1]
    assert (found[1].config.run.strategy, found[2].config.run.seed) == ("mucode", 1)
    assert (found[4].config.eval.widths, found[5].config.eval.turns) == ((1, 2), 4)


def test_a_strategy_of_another_package_is_a_run_whose_package_is_not_imported(tmp_path: Path) -> None:
    """Reports read studies on machines that do not have it."""
    file = write_study(tmp_path, STUDY.partition("[curves]")[0].replace('"mucode"', '"absent_package.rows:MINE"'))
    found = study_runs(load_study(file))[1]
    assert (found.name, found.config.run.strategy) == (
        "absent_package.rows.MINE-bt-seed0",
        "absent_package.rows:MINE",
    )


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("strategies", "strategis", r"unknown config key 'methods\.0\.strategis'; .* 'methods\.strategies'"),
        ('name = "small"', 'names = "x"\nname = "small"', r"unknown config key 'names'; .* 'name'"),
        ("limit_test = 5", "limit_tests = 5", r"unknown config key 'problems\.limit_tests'; .* 'problems\.limit_test'"),
        ('"mucode"]', '"mucoda"]', r"no strategy is named 'mucoda'; did you mean 'mucode'"),
        ("seeds = [0]", "seeds = [7]", r"curves: strategy 'base', loss 'bt', seed 7 is in no \[\[methods\]\]"),
        ("seeds = [0, 1]", "seeds = [0, 0]", r"the run base-bt-seed0 twice"),
        ("seeds = [0, 1]", "seeds = []", r"methods\.0\.seeds"),
        ("iterations = 1", "iterations = 0", r"config\.run\.iterations = 0 trains no generator, so 'mucode' would be"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    file = write_study(tmp_path, STUDY.replace(old, new, 1))
    with pytest.raises(ConfigError, match=message):
        study_runs(load_study(file))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("searches = 2", r"config\.eval\.searches = 2: a study searches once per seed"),
        ("widths = [1, 4]", r"config\.eval\.widths = \[1, 4\] lacks config\.eval\.best_of = 2"),
    ],
)
def test_searches_that_the_tables_could_not_show_are_refused(tmp_path: Path, settings: str, message: str) -> None:
    file = write_study(tmp_path, STUDY.replace("best_of = 2", f"best_of = 2\n{settings}", 1))
    with pytest.raises(ConfigError, match=message):
        study_runs(load_study(file))
