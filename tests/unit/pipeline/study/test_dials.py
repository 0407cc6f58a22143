"""Dials of a study: their runs, and numbers on outcomes that were made by hand."""

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline import cli
from pipeline.errors import ConfigError
from pipeline.evaluation.statistics import Estimate
from pipeline.study.cells.outcomes import SearchSlice, StudyOutcomes
from pipeline.study.cells.reader import StudyReader
from pipeline.study.cells.repair import added_interval, repaired_interval
from pipeline.study.cells.rows import CELL_SCHEMA, StudyCells
from pipeline.study.dials.results import DialReader
from pipeline.study.hypotheses import judge_hypotheses
from pipeline.study.load import load_study
from pipeline.study.parallel import group_runs
from pipeline.study.runs import study_runs
from pipeline.study.tables import TableValue
from tests.support.small_study import ROOT, STUDY, execute_fake_study, write_study

PLAIN = STUDY.partition("[curves]")[0]
DIAL = """
[[dials]]
name = "tests"
title = "private tests"
claim = "Few tests make the verifier useful"
methods = ["mucode", "mucode_ov", "mucode+long"]
variants.long.fine_tune.steps = 2
seeds = [0, 1]
config.rollouts.samples = 4
points = [
    {{ at = "8" }},
    {{ at = "1", config.problems.train = "builtin:train?private_tests=1" }},
]
"""
PROBLEMS = 40
Solved = dict[tuple[str, str], tuple[int, int]]
"""By method and selector: how many problems are solved after turn 1, and after turns 2 and 3."""


def cells_of(tmp_path: Path, solved: Solved, text: str = PLAIN + DIAL) -> tuple[Any, StudyReader]:
    """Both seeds alike; those that are solved are the first ones."""
    study = load_study(write_study(tmp_path, text))
    runs = study_runs(study)
    rows = []
    for run in runs:
        for (method, selector), counts in solved.items():
            if run.method == method:
                last = run.config.run.iterations
                known: dict[str, Any] = {"cell": run.name, "iteration": last, "selector": selector, "sample": 0}
                known["width"] = 1 if selector == "greedy" else run.config.eval.best_of
                for number in range(PROBLEMS):
                    for turn, count in enumerate((counts[0], counts[1], counts[1]), 1):
                        solution = {"problem_id": f"{number:02d}", "turn": turn, "solved": int(number < count)}
                        rows.append(known | solution)
    table = pa.Table.from_pylist(rows, schema=CELL_SCHEMA)
    return study, StudyReader(StudyOutcomes(StudyCells(runs=tuple(runs), table=table)))


SOLVED: Solved = {
    ("mucode+tests-8", "greedy"): (10, 20),
    ("mucode_ov+tests-8", "greedy"): (12, 18),
    ("mucode+tests-1", "greedy"): (10, 30),
    ("mucode_ov+tests-1", "greedy"): (10, 14),
    ("mucode+tests-1", "pt_lv"): (30, 32),
    ("mucode_ov+tests-1", "pt_lv"): (10, 12),
}


def middle(value: TableValue) -> float | None:
    return round(value.value, 6) if isinstance(value, Estimate) else None


def test_every_position_is_a_run_of_every_method_with_its_settings(tmp_path: Path) -> None:
    runs = [run for run in study_runs(load_study(write_study(tmp_path, PLAIN + DIAL))) if run.view == "dials"]
    assert [run.name for run in runs if run.seed == 1] == [
        f"{method}-tests-{at}{variant}-bt-seed1"
        for at in (8, 1)
        for method, variant in (("mucode", ""), ("mucode_ov", ""), ("mucode", "-long"))
    ]
    found = {run.method: run.config for run in runs}
    assert (found["mucode+tests-1"].problems.train, found["mucode+tests-8"].problems.train) == (
        *("builtin:train?private_tests=1", "builtin:train"),
    )
    assert found["mucode+tests-1"].rollouts.samples == 4
    assert (found["mucode+tests-1-long"].fine_tune.steps, found["mucode+tests-1"].fine_tune.steps) == (2, 1)
    assert [len(group) for group in group_runs(runs)] == [6, 6]  # a seed's positions share what they can


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"mucode+long"',
            '"mucode+short"',
            r"tests names the method 'mucode\+short', but has no variant 'short'",
        ),
        ('at = "1"', 'at = "8"', r"names the run mucode-tests-8-bt-seed0 twice"),
        ('"mucode_ov"', '"mucode_oh"', r"'mucode_oh'"),
        ("config.rollouts.samples = 4", "config.rollouts.sample = 4", r"rollouts\.sample'"),
        ('name = "tests"', 'name = "the tests"', r"dials\.0\.name"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    file = write_study(tmp_path, PLAIN + DIAL.replace(old, new, 1))
    with pytest.raises(ConfigError, match=message):
        study_runs(load_study(file))


def test_the_table_says_what_is_solved_and_how_far_the_first_is_ahead(tmp_path: Path) -> None:
    study, reader = cells_of(tmp_path, SOLVED)
    table = DialReader(study.dials[0], reader).table()
    assert table.columns == ("µCode", "µCode-OV", "µCode (long)", "µCode - µCode-OV", "µCode - µCode (long)")
    found = {
        label: [round(value.value, 6) if isinstance(value, Estimate) else None for value in row]
        for label, row in table.rows
    }
    assert found["8, greedy, turn 1"] == [0.25, 0.3, None, -0.05, None]
    assert found["8, greedy"] == [0.5, 0.45, None, 0.05, None]
    assert found["8, greedy, added"] == [0.25, 0.15, None, 0.1, None]
    assert found["1, greedy"] == [0.75, 0.35, None, 0.4, None]
    assert found["1, PT+LV"] == [0.8, 0.3, None, 0.5, None]
    assert found["8, PT+LV"] == [None] * 5
    assert found["8 to 1, greedy"] == [None, None, None, 0.35, None]  # 40 points ahead instead of 5
    assert found["8 to 1, PT+LV"] == [None] * 5


def test_the_curve_runs_along_the_numbers_and_the_claim_is_about_the_last_position(tmp_path: Path) -> None:
    study, reader = cells_of(tmp_path, SOLVED)
    dial = DialReader(study.dials[0], reader)
    lines = dict(dial.curve().series)
    assert [(x, round(value.value, 6)) for x, value in lines["µCode - µCode-OV, greedy"]] == [(1, 0.4), (8, 0.05)]
    assert [x for x, _ in lines["µCode - µCode-OV, PT+LV"]] == [1]
    claim = dial.claim()
    assert [one.verdict for one in claim.comparisons] == ["holds", "holds", None, None]
    assert claim.comparisons[0].left == "µCode, greedy"
    assert claim.comparisons[0].right == "µCode-OV, greedy (private tests: 1)"
    worse = {**SOLVED, ("mucode+tests-1", "greedy"): (2, 4)}
    study, reader = cells_of(tmp_path, worse)
    assert DialReader(study.dials[0], reader).claim().verdict == "does not hold"


def test_words_are_no_axis(tmp_path: Path) -> None:
    text = PLAIN + DIAL.replace('at = "8"', 'at = "all"')
    study, reader = cells_of(tmp_path, SOLVED, text)
    assert DialReader(study.dials[0], reader).curve().series == ()


def test_repair_is_what_later_turns_add(tmp_path: Path) -> None:
    """Greedy µCode: 10 of 40 at once, 16 at the end: 15 points, 6 of 30 unsolved; the base model 8 and 9."""
    solved: Solved = {("mucode", "greedy"): (10, 16), ("base", "greedy"): (8, 9)}
    study, reader = cells_of(tmp_path, solved, PLAIN)
    last = SearchSlice(method="mucode", selector="greedy", turn=3)
    added, repaired = (measure(reader.outcomes, last) for measure in (added_interval, repaired_interval))
    assert added is not None and added.value == pytest.approx(6 / 40)
    assert repaired is not None and repaired.value == pytest.approx(6 / 30)
    assert 0 < repaired.low < 0.2 < repaired.high < 0.5
    claims = {claim.name: claim for claim in judge_hypotheses(study, reader)}
    (compared,) = claims["repair_over_base"].comparisons
    assert compared.estimate is not None and compared.estimate.value == pytest.approx(5 / 40)
    assert (compared.left, compared.right) == ("µCode, greedy, added by turns 2 to 3", "base, greedy, likewise")
    study, reader = cells_of(tmp_path, {**solved, ("base", "greedy"): (8, 34)}, PLAIN)
    claims = {claim.name: claim for claim in judge_hypotheses(study, reader)}
    assert claims["repair_over_base"].verdict == "does not hold"


def test_all_solved_at_once_leaves_nothing_to_repair(tmp_path: Path) -> None:
    _, reader = cells_of(tmp_path, {("mucode", "greedy"): (PROBLEMS, PROBLEMS)}, PLAIN)
    assert repaired_interval(reader.outcomes, SearchSlice(method="mucode", selector="greedy", turn=3)) is None


def test_a_dial_is_executed_shared_and_published(tmp_path: Path) -> None:
    """With fakes. A position that changes nothing finds the stages of the main runs."""
    text = PLAIN.replace("seeds = [0, 1]", "seeds = [0]") + DIAL.replace("config.rollouts.samples = 4\n", "").replace(
        '"mucode", "mucode_ov", "mucode+long"', '"mucode", "base"'
    ).replace("seeds = [0, 1]", "seeds = [0]")
    file = write_study(tmp_path, text)
    assert execute_fake_study(file) == 0
    root = tmp_path / "small"
    results = json.loads((root / "results.json").read_text())
    rows = {row[0]: row[1:] for row in results["tables"]["dial_tests"]["rows"]}
    main = {row[0]: row[1:] for row in results["tables"]["main"]["rows"]}
    assert rows["8, greedy"][0] == main["multi-turn µCode"][0] and rows["1, greedy"][0] is not None
    assert "Dial: private tests" in (root / "report.html").read_text()
    shutil.copy(root / "cells.parquet", tmp_path / "cells.parquet")
    assert cli.main(["study", "recompute", str(tmp_path / "cells.parquet"), "--out", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again" / "results.json").read_bytes() == (root / "results.json").read_bytes()


@pytest.mark.parametrize(
    ("name", "methods"),
    [("study-dials", ("mucode+private_tests-0", "base+phrases-new")), ("study-spellings", ("mucode+spellings-27",))],
)
def test_the_shipped_studies_of_dials_pass_their_dry_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    methods: tuple[str, ...],
) -> None:
    """The models of study-spellings are made before; here the shipped one stands in their places."""
    monkeypatch.chdir(tmp_path)
    for spellings in (2, 3):
        shutil.copytree(ROOT / "pipeline/embedded/generator", tmp_path / f"build/spellings-{spellings}/generator")
    assert cli.main(["study", str(ROOT / f"configs/{name}.toml"), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert all(method in said for method in methods) and "0 of them are finished" in said
