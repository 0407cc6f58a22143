"""A study's numbers could be worked out by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline import cli
from pipeline.errors import ConfigError
from pipeline.study.load import load_study
from pipeline.study.runs import study_runs
from tests.support.small_study import STUDY, write_study


def read(root: Path) -> dict[str, Any]:
    return json.loads((root / "results.json").read_text())


def test_results_are_what_the_searches_say(undisturbed: Path) -> None:
    """The accuracy of a run's greedy search, counted here from its metrics rows, is the mean in the table."""
    results = read(undisturbed)
    rows = {row[0]: row[1:] for row in results["tables"]["main"]["rows"]}
    shares = []
    for seed in (0, 1):
        lines = (undisturbed / "cells" / f"mucode-bt-seed{seed}" / "metrics.jsonl").read_text().splitlines()
        greedy = [row for row in map(json.loads, lines) if (row["iteration"], row["series"]) == (1, "greedy")]
        shares += [row["turns"][-1]["value"] for row in greedy if row["metric"] == "accuracy"]
    assert rows["multi-turn µCode"][0]["value"] == pytest.approx(sum(shares) / 2, abs=1e-6)
    assert [point[0] for point in results["curves"]["over_n"]["base, PT+LV"]] == [1, 2]
    assert [point[0] for point in results["curves"]["over_turns"]["µCode, greedy"]] == [1, 2, 3, 4]
    untested = {claim["name"] for claim in results["claims"] if claim["verdict"] is None}
    two_points = {"n_scaling_flattens"}  # a curve of two points has no middle
    lacking = {"rft_over_base", "trained_over_control", "both_rewards", "both_rewards_drop", "warm_verifier"}
    assert untested == lacking | {"mucode_at_least_rft", "turns_over_samples", "bt_against_bce"} | two_points


def test_the_page_is_self_contained(undisturbed: Path) -> None:
    page = (undisturbed / "report.html").read_text()
    assert "http://" not in page and "https://" not in page and "<script" not in page
    assert "finished: 8 of 8 runs" in page


def test_a_study_whose_rows_are_not_installed_here_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names of entry points that this machine does not have; a run of the study stored what one is called."""
    methods = {"strategies": ["mine"], "seeds": [0], "selectors": ["my_selector", "pt"]}
    study = {"name": "small", "config": {"run": {"iterations": 1}}, "methods": [methods]}
    (tmp_path / "study.json").write_text(json.dumps(study))
    cell = tmp_path / "cells" / "mine-bt-seed0"
    cell.mkdir(parents=True)
    (cell / "plugins.json").write_text(json.dumps([{"kind": "strategy", "name": "mine", "label": "My Own"}]))
    assert cli.main(["report", str(tmp_path)]) == 0
    assert "My Own" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="'mine'"):
        study_runs(load_study(write_study(tmp_path, STUDY.replace('"mucode"', '"mine"'))))


def test_a_study_file_that_was_edited_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text, said in (('{"methods": []}', "methods = []: expected at least 1 entry"), ("3", "3")):
        (tmp_path / "study.json").write_text(text)
        assert cli.main(["report", str(tmp_path)]) == 2
        assert f"study.json is not what a study wrote: {said}" in capsys.readouterr().err
