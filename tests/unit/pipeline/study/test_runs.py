"""The runs of a study file, and what is wrong with one."""

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.study.load import load_study
from pipeline.study.runs import method_label, study_runs
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


def test_a_variant_is_a_run_of_its_own_with_its_settings(tmp_path: Path) -> None:
    variant = """
[[methods]]
strategies = ["mucode"]
seeds = [0]
variant = "drop"
config.protocol.unsolved = "best_wrong"
config.rollouts.samples = 7
"""
    found = study_runs(load_study(write_study(tmp_path, STUDY.partition("[curves]")[0] + variant)))
    plain, other = (next(run for run in found if run.method == method) for method in ("mucode", "mucode+drop"))
    assert (other.name, other.strategy, method_label(other.method)) == (
        "mucode-drop-bt-seed0",
        "mucode",
        "µCode (drop)",
    )
    assert (other.config.protocol.unsolved, other.config.rollouts.samples) == ("best_wrong", 7)
    assert (plain.config.protocol.unsolved, plain.config.rollouts.samples) == ("drop", 3)
    assert other.config.eval == plain.config.eval and other.config.run.seed == 0


def test_searches_of_one_turn_are_runs_of_the_same_models(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"searches of one turn might be of another iteration"):
        text = STUDY.replace("[config.run]", '[config.protocol]\nname = "paper"\n[config.run]')
        study_runs(load_study(write_study(tmp_path, text + "one_turn = [1, 2, 4]\n")))
    found = study_runs(load_study(write_study(tmp_path, STUDY + "one_turn = [1, 2, 4]\n")))
    once = [run for run in found if run.view == "one_turn"]
    assert [run.name for run in once] == ["base-bt-seed0-one-turn", "mucode-bt-seed0-one-turn"]
    assert (once[0].config.eval.turns, once[0].config.eval.widths) == (1, (1, 2, 4))


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
        ("seeds = [0, 1]", 'seeds = [0]\nvariant = "x"', r"strategies base, mucode have no config, the settings that"),
        ("seeds = [0, 1]", "seeds = [0]\nconfig.run.seed = 1", r"strategies base, mucode have no variant, a name for"),
        ("seeds = [0, 1]", 'seeds = [0]\nvariant = "x"\nconfig.eval.turns = 1', r"config\.eval: methods are compared"),
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
        ("widths = [1, 4]", r"config\.eval\.widths = \[1, 4\] lacks config\.eval\.best_of = 2"),
    ],
)
def test_searches_that_the_tables_could_not_show_are_refused(tmp_path: Path, settings: str, message: str) -> None:
    file = write_study(tmp_path, STUDY.replace("best_of = 2", f"best_of = 2\n{settings}", 1))
    with pytest.raises(ConfigError, match=message):
        study_runs(load_study(file))
