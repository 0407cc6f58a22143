"""Comparisons and verdicts on outcomes that were made by hand, so that every difference can be counted."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.errors import ConfigError
from pipeline.evaluation.claims import Claim
from pipeline.evaluation.statistics import MARGIN
from pipeline.study.cells.outcomes import OutcomeMatrix, SearchSlice, StudyOutcomes
from pipeline.study.cells.reader import StudyReader
from pipeline.study.cells.rows import StudyCells
from pipeline.study.hypotheses import MARGIN_POINTS, judge_hypotheses
from pipeline.study.load import load_study
from pipeline.study.runs import study_runs
from pipeline.study.spec import Study

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


class Hand(StudyOutcomes):
    """`solved[strategy, selector]`: how many of the 40 problems are solved after the last turn, in both seeds."""

    def __init__(self, study: Study, solved: dict[Any, int]) -> None:
        super().__init__(StudyCells(runs=tuple(study_runs(study))))
        self.solved = solved

    def seeds(self, part: SearchSlice) -> tuple[int, ...]:
        return (0, 1) if (part.method, part.selector) in self.solved and part.turn == 3 and part.loss == "bt" else ()

    def matrix(self, part: SearchSlice) -> OutcomeMatrix | None:
        count = self.solved.get((part.method, part.selector) if part.width is None else part.width)
        if count is None:
            return None
        row = np.arange(PROBLEMS) < count
        return OutcomeMatrix(seeds=(0, 1), totals=np.array([row, row], float), counts=np.ones((2, PROBLEMS)))


def judged(tmp_path: Path, **solved: int) -> dict[str, Claim]:
    (tmp_path / "s.toml").write_text(STUDY.format(root=tmp_path))
    study = load_study(tmp_path / "s.toml")
    keyed = {(name.split("__")[0], name.split("__")[1]): count for name, count in solved.items() if "__" in name}
    widths = {int(name[1:]): count for name, count in solved.items() if "__" not in name}
    return {claim.name: claim for claim in judge_hypotheses(study, StudyReader(Hand(study, {**keyed, **widths})))}


def test_a_difference_is_counted_and_its_sign_decides(tmp_path: Path) -> None:
    """RFT solves 30 of 40 where the base solves 10, all of the base's among them: +50 points, never below 0."""
    found = judged(tmp_path, rft__greedy=30, base__greedy=10, rft__pt_lv=30, base__pt_lv=10)["rft_over_base"]
    assert [comparison.estimate.value for comparison in found.comparisons if comparison.estimate] == [0.5, 0.5]
    assert [(comparison.seeds, comparison.problems) for comparison in found.comparisons] == [(2, 40)] * 2
    assert found.verdict == "holds"
    lost = judged(tmp_path, rft__greedy=10, base__greedy=30, rft__pt_lv=30, base__pt_lv=10)["rft_over_base"]
    assert [comparison.verdict for comparison in lost.comparisons] == ["does not hold", "holds"]
    assert lost.verdict == "does not hold"


def test_equal_is_at_least_as_good_if_there_are_enough_problems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Methods that agree on all of 40 problems may differ by 2 points; on all of 400 hardly."""
    equal = {"rft__greedy": 20, "mucode__greedy": 20, "rft__pt_lv": 20, "mucode__pt_lv": 20, "base__greedy": 20}
    found = judged(tmp_path, **equal)
    assert found["mucode_at_least_rft"].verdict == "undecided"
    assert found["rft_over_base"].comparisons[0].verdict == "undecided"
    monkeypatch.setattr(f"{__name__}.PROBLEMS", 400)
    found = judged(tmp_path, **equal)
    assert found["mucode_at_least_rft"].verdict == "holds"
    assert found["rft_over_base"].comparisons[0].verdict == "undecided"


def test_what_is_not_there_is_not_tested(tmp_path: Path) -> None:
    """One comparison of two holds, the other has no searches: the claim is undecided; without any, no verdict."""
    found = judged(tmp_path, rft__greedy=30, base__greedy=10)
    assert found["rft_over_base"].verdict == "undecided"
    assert found["both_rewards"].verdict is None


def test_every_claim_names_what_it_compares(tmp_path: Path) -> None:
    found = judged(tmp_path)
    assert [(comparison.left, comparison.right) for comparison in found["multi_turn_over_single"].comparisons] == [
        ("RFT, greedy, after turn 3", "STaR, greedy, after turn 1"),
        ("µCode, greedy, after turn 3", "STaR, greedy, after turn 1"),
        ("base, greedy, after turn 3", "base, greedy, after turn 1"),
    ]
    assert [comparison.left for comparison in found["bt_against_bce"].comparisons] == [
        f"{model}, {selection}, BT"
        for model in ("base", "µCode")
        for selection in ("LV, turn 1", "LV, turn 3", "PT+LV, turn 3")
    ]


def test_a_curve_flattens_where_it_bends_below_a_line_in_ln_n(tmp_path: Path) -> None:
    """10, 30, 31 of 40 at N = 1, 5, 9: 20 / ln 5 - 1 / ln 1.8 = 10.73 problems, 26.8 points per e-fold."""
    (found,) = judged(tmp_path, n1=10, n5=30, n9=31)["n_scaling_flattens"].comparisons
    assert found.estimate is not None and found.estimate.value == pytest.approx(0.268, abs=5e-4)
    assert (found.left, found.right) == ("base, gain per e-fold from N = 1 to 5", "from N = 5 to 9")
    straight = judged(tmp_path, n1=10, n5=21, n9=25)["n_scaling_flattens"]  # 6.83 and 6.81 per e-fold
    assert straight.comparisons[0].estimate is not None
    assert straight.comparisons[0].estimate.value == pytest.approx(0.0, abs=0.002)
    assert straight.verdict == "undecided"  # halves of N itself: 11 against 4, which looks like flattening
    steep = judged(tmp_path, n1=10, n5=14, n9=30)["n_scaling_flattens"]
    assert steep.comparisons[0].estimate is not None
    assert steep.comparisons[0].estimate.value == pytest.approx((4 / math.log(5) - 16 / math.log(1.8)) / 40)
    assert steep.verdict == "does not hold"


def test_star_with_as_many_answers_stands_beside_star(tmp_path: Path) -> None:
    """If the study has it, both are compared; with none of them, the plain one is not tested."""
    wide = '[[methods]]\nstrategies = ["star"]\nseeds = [0]\nvariant = "wide"\nconfig.rollouts.turns = 1\n'
    (tmp_path / "s.toml").write_text(STUDY.replace("[curves]", f"{wide}[curves]", 1).format(root=tmp_path))
    study = load_study(tmp_path / "s.toml")
    found = {claim.name: claim for claim in judge_hypotheses(study, StudyReader(Hand(study, {})))}
    rights = [one.right for one in found["multi_turn_over_single"].comparisons]
    assert rights == [*["STaR (wide), greedy, after turn 1"] * 2, "base, greedy, after turn 1"]


def test_the_margin_in_the_texts_is_that_of_the_statistics() -> None:
    assert pytest.approx(100 * MARGIN) == MARGIN_POINTS


def test_an_unknown_hypothesis_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text('claims = ["both_reward"]\n' + STUDY.format(root=tmp_path))
    with pytest.raises(ConfigError, match=r"no claim is named 'both_reward'; did you mean 'both_rewards'\?"):
        load_study(file)
