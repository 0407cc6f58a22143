"""What is said of a verifier, by hand and against noise."""

import math
from typing import Any

import numpy as np
import pytest

from pipeline.evaluation.metric_rows import MetricRow
from pipeline.evaluation.verifier_metrics import ScoredAnswer, calibration_bins, verifier_rows


def rows_of(problems: list[int], gaps: list[float], loss: str = "none") -> dict[str, MetricRow]:
    """Pairs whose chosen answer scores `gap` and whose rejected one 0."""
    found = verifier_rows(*pairs_of(problems, gaps), [], "held_out_pairs", loss, seed=0)
    return {row.metric: row for row in found}


def pairs_of(problems: list[int], gaps: list[float]) -> tuple[list[dict[str, Any]], list[ScoredAnswer]]:
    pairs = [
        {"problem_id": str(problem), "chosen_episode": f"c{n}", "chosen_turn": 1}
        | {"rejected_episode": f"r{n}", "rejected_turn": 0}
        for n, problem in enumerate(problems)
    ]
    chosen = [scored(f"c{n}", 1, problems[n], True, gap) for n, gap in enumerate(gaps)]
    rejected = [scored(f"r{n}", 0, problems[n], False, 0.0) for n in range(len(gaps))]
    return pairs, [*chosen, *rejected]


def scored(episode: str, turn: int, problem: Any, label: bool, score: float) -> ScoredAnswer:
    return ScoredAnswer(episode_id=episode, turn=turn, problem_id=str(problem), label=label, score=score)


def test_pair_accuracy_clusters_by_problem_and_sees_noise() -> None:
    apart = list(range(200))
    good = rows_of(apart, [1.0 if n % 4 else -1.0 for n in apart])["pair_accuracy"]
    assert good.value == 0.75 and good.low > 0.5
    noise = rows_of(apart, np.random.default_rng(0).normal(size=200).tolist())["pair_accuracy"]
    assert noise.low < 0.5 < noise.high
    # 40 copies of one problem's pair say no more than one problem does
    clustered = rows_of([n // 40 for n in apart], [1.0 if n // 40 else -1.0 for n in apart])["pair_accuracy"]
    assert clustered.high - clustered.low > 3 * (good.high - good.low)
    assert rows_of([0, 1], [0.0, 0.0])["pair_accuracy"].value == 0.5


def test_pairs_that_were_not_scored_are_masked_and_none_is_no_row() -> None:
    pair = {"problem_id": "p", "chosen_episode": "c", "chosen_turn": 0, "rejected_episode": "r", "rejected_turn": 0}
    both = [scored("c", 0, "p", True, 1.0), scored("r", 0, "p", False, 0.0)]
    unscored = {**pair, "chosen_episode": "too long"}
    (row,) = verifier_rows([pair, unscored], both, [], "own_pairs", "none", seed=0)
    assert (row.value, row.n, row.masked) == (1.0, 1, 1)
    assert verifier_rows([unscored], both, [], "own_pairs", "bt", seed=0) == []


def test_answers_of_one_kind_have_no_auc() -> None:
    right = [scored(f"e{n}", 0, n, True, n) for n in range(3)]
    assert verifier_rows([], right, right, "own_pairs", "bt", seed=0) == []


def test_bradley_terry_is_calibrated_on_pairs() -> None:
    """Gaps of ±ln 3 claim 75 %.

    Right in three of four: no error, and a Brier score of ¾·(¼)² + ¼·(¾)² = 3/16. Always right: off by ¼.
    """
    said = math.log(3)
    problems, gaps = list(range(40)), [said, said, said, -said] * 10
    fair = rows_of(problems, gaps, "bt")
    assert fair["calibration_error"].value == pytest.approx(0.0, abs=1e-9)
    assert fair["brier"].value == pytest.approx(3 / 16)
    (only,) = calibration_bins(*pairs_of(problems, gaps), [], "held_out_pairs", "bt")
    assert (only.series, only.number, only.count) == ("held_out_pairs", 0, 40)
    assert (only.predicted, only.observed) == (pytest.approx(0.75), pytest.approx(0.75))
    assert (only.low, only.high) == (pytest.approx(0.75), pytest.approx(0.8))
    timid = rows_of(list(range(40)), [said] * 40, "bt")
    assert timid["calibration_error"].value == pytest.approx(0.25)
    assert timid["calibration_error"].low <= 0.25 <= timid["calibration_error"].high


def test_cross_entropy_is_calibrated_on_answers_and_auc_sees_problems() -> None:
    """Problem p: right 0, wrong -ln 3, ranked right. q: right -ln 3, wrong 0, ranked wrong. r: a right one alone.

    Pooled: right {0, -ln 3, 5} against wrong {-ln 3, 0} wins 1, ½, ½, 0, 1, 1 of 6, so 4/6. Within: (1 + 0) / 2.
    """
    low = -math.log(3)
    answers = [
        scored("a", 0, "p", True, 0.0),
        scored("b", 0, "p", False, low),
        scored("c", 0, "q", True, low),
        scored("d", 0, "q", False, 0.0),
        scored("e", 0, "r", True, 5.0),
    ]
    found = {row.metric: row for row in verifier_rows([], [], answers, "own_pairs", "bce", seed=0)}
    assert found["auc"].value == pytest.approx(4 / 6)
    assert (found["auc_within"].value, found["auc_within"].n, found["auc_within"].masked) == (0.5, 2, 1)
    # p = ½, ¼, ¼, ½, σ(5): (¼ + 1/16 + 9/16 + ¼ + (1 - σ(5))²) / 5
    tail = (1 - 1 / (1 + math.exp(-5))) ** 2
    assert found["brier"].value == pytest.approx((1.125 + tail) / 5)
    bins = calibration_bins([], [], answers, "own_pairs", "bce")
    assert [(one.number, one.count) for one in bins] == [(0, 2), (1, 2), (2, 1)]  # p = ¼ ¼, ½ ½, σ(5)
    assert [one.observed for one in bins] == [0.5, 0.5, 1.0]
    assert calibration_bins([], [], answers, "own_pairs", "none") == []
    assert "auc" in {row.metric for row in verifier_rows([], [], answers, "own_pairs", "bt", seed=0)}
    assert "brier" not in {row.metric for row in verifier_rows([], [], answers, "own_pairs", "bt", seed=0)}
