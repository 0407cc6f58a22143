"""Contrasts and verdicts on outcomes that were made by hand, so that every difference can be counted."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.evaluation.statistics import Estimate
from pipeline.study.hypotheses import Claim, Contrast, judge
from pipeline.study.outcomes import Cut, Matrix, Outcomes
from pipeline.study.spec import Study, cells, load_study

STUDY = """
name = "hand"
root = "{root}"
[[methods]]
strategies = ["base", "rft", "mucode"]
seeds = [0, 1]
[curves]
strategies = ["base"]
seeds = [0, 1]
best_of = [1, 5, 9]
"""
PROBLEMS = 40


class Hand(Outcomes):
    """`solved[strategy, selector]`: how many of the 40 problems are solved after the last turn, in both seeds."""

    def __init__(self, study: Study, solved: dict[Any, int]) -> None:
        super().__init__(cells(study))
        self.solved = solved

    def seeds(self, cut: Cut) -> tuple[int, ...]:
        return (0, 1) if (cut.strategy, cut.selector) in self.solved and cut.turn == 3 and cut.loss == "bt" else ()

    def matrix(self, cut: Cut) -> Matrix | None:
        count = self.solved.get((cut.strategy, cut.selector) if cut.width is None else cut.width)
        if count is None:
            return None
        row = np.arange(PROBLEMS) < count
        return Matrix(seeds=(0, 1), totals=np.array([row, row], float), counts=np.ones((2, PROBLEMS)))


def judged(tmp_path: Path, **solved: int) -> dict[str, Claim]:
    (tmp_path / "s.toml").write_text(STUDY.format(root=tmp_path))
    study = load_study(tmp_path / "s.toml")
    keyed = {(name.split("__")[0], name.split("__")[1]): count for name, count in solved.items() if "__" in name}
    widths = {int(name[1:]): count for name, count in solved.items() if "__" not in name}
    return {claim.name: claim for claim in judge(study, Hand(study, {**keyed, **widths}))}


def test_a_difference_is_counted_and_its_sign_decides(tmp_path: Path) -> None:
    """RFT solves 30 of 40 where the base solves 10, all of the base's among them: +50 points, never below 0."""
    found = judged(tmp_path, rft__greedy=30, base__greedy=10, rft__pt_lv=30, base__pt_lv=10)["rft_over_base"]
    assert [contrast.estimate.value for contrast in found.contrasts if contrast.estimate] == [0.5, 0.5]
    assert [(contrast.seeds, contrast.problems) for contrast in found.contrasts] == [(2, 40)] * 2
    assert found.verdict == "holds"
    lost = judged(tmp_path, rft__greedy=10, base__greedy=30, rft__pt_lv=30, base__pt_lv=10)["rft_over_base"]
    assert [contrast.verdict for contrast in lost.contrasts] == ["does not hold", "holds"]
    assert lost.verdict == "does not hold"


def test_equal_is_at_least_as_good_and_not_better(tmp_path: Path) -> None:
    found = judged(tmp_path, rft__greedy=20, mucode__greedy=20, rft__pt_lv=20, mucode__pt_lv=20, base__greedy=20)
    assert found["mucode_at_least_rft"].verdict == "holds"
    assert found["rft_over_base"].contrasts[0].verdict == "undecided"


def test_what_is_not_there_is_not_tested(tmp_path: Path) -> None:
    """One contrast of two holds, the other has no searches: the claim is undecided; without any, it has no verdict."""
    found = judged(tmp_path, rft__greedy=30, base__greedy=10)
    assert found["rft_over_base"].verdict == "undecided"
    assert found["both_rewards"].verdict is None


def test_every_claim_names_what_it_compares(tmp_path: Path) -> None:
    found = judged(tmp_path)
    assert [(contrast.left, contrast.right) for contrast in found["multi_turn_over_single"].contrasts] == [
        ("RFT, greedy, after turn 3", "STaR, greedy, after turn 1"),
        ("µCode, greedy, after turn 3", "STaR, greedy, after turn 1"),
        ("base, greedy, after turn 3", "base, greedy, after turn 1"),
    ]
    assert [contrast.left for contrast in found["bt_against_bce"].contrasts] == [
        f"{model}, {selection}, BT"
        for model in ("base", "µCode")
        for selection in ("LV, turn 1", "LV, turn 3", "PT+LV, turn 3")
    ]


def test_a_curve_flattens_where_its_first_half_gains_more(tmp_path: Path) -> None:
    """10, 20, 24 of 40 at N = 1, 5, 9: (20 - 10) - (24 - 20) = 6 problems, 15 points."""
    (found,) = judged(tmp_path, n1=10, n5=20, n9=24)["n_scaling_flattens"].contrasts
    assert found.estimate is not None and found.estimate.value == pytest.approx(0.15)
    assert (found.left, found.right) == ("base, gain from N = 1 to 5", "gain from N = 5 to 9")
    steep = judged(tmp_path, n1=10, n5=14, n9=30)["n_scaling_flattens"]
    assert steep.contrasts[0].estimate is not None
    assert steep.contrasts[0].estimate.value == pytest.approx(-0.3)
    assert steep.verdict == "does not hold"


@pytest.mark.parametrize(
    ("kind", "low", "high", "verdict"),
    [
        ("above", 0.001, 0.2, "holds"),
        ("above", -0.001, 0.2, "undecided"),
        ("above", -0.2, -0.001, "does not hold"),
        ("at least", -0.019, 0.1, "holds"),
        ("at least", -0.021, 0.1, "undecided"),
        ("at least", -0.2, -0.021, "does not hold"),
    ],
)
def test_the_interval_decides(kind: Any, low: float, high: float, verdict: str) -> None:
    assert Contrast(left="a", right="b", kind=kind, estimate=Estimate(0.0, low, high)).verdict == verdict
