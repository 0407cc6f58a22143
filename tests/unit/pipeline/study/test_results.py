"""A study's numbers could be worked out by hand."""

import json
from pathlib import Path
from typing import Any

import pytest


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
    assert untested == {"mucode_at_least_rft", "rft_over_base", "both_rewards", "bt_against_bce"} | two_points


def test_the_page_is_self_contained(undisturbed: Path) -> None:
    page = (undisturbed / "report.html").read_text()
    assert "http://" not in page and "https://" not in page and "<script" not in page
    assert "finished: 8 of 8 runs" in page
