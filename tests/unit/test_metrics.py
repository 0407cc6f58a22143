import numpy as np
import pytest

from pipeline.metrics import accuracy_rows, held_label, interval, pair_accuracy_row
from tests.episodes import INFRA, answer, episode, right, wrong


def test_the_held_answer_stays_after_an_early_stop() -> None:
    early, late = episode("e0", right("a")), episode("e1", wrong("w"), right("b"))
    assert [held_label(early, turn) for turn in (1, 2, 3)] == [True, True, True]
    assert [held_label(late, turn) for turn in (1, 2, 3)] == [False, True, True]


def test_masked_episodes_are_counted_and_left_out() -> None:
    episodes = [
        episode("e0", right("a"), problem="p0"),
        episode("e1", wrong("w"), right("b"), problem="p1"),
        episode("e2", answer("i", INFRA), problem="p2", infrastructure=True),
    ]
    rows = accuracy_rows(episodes, "greedy", turns=2, seed=0)
    assert [(row["turn"], row["value"], row["n"], row["masked"]) for row in rows] == [(1, 0.5, 2, 1), (2, 1.0, 2, 1)]


def test_interval_is_the_normal_one_for_many_independent_problems() -> None:
    values = [1.0] * 300 + [0.0] * 700
    mean, low, high = interval(values, [1.0] * 1000, seed=0)
    half = 1.96 * np.sqrt(0.3 * 0.7 / 1000)
    assert mean == 0.3
    assert low == pytest.approx(0.3 - half, abs=0.004)
    assert high == pytest.approx(0.3 + half, abs=0.004)


def test_pair_accuracy_clusters_by_problem_and_sees_noise() -> None:
    def pair(problem: int, gap: float) -> dict:
        return {"problem_id": str(problem), "verifier_id": "v", "chosen_score": gap, "rejected_score": 0.0}

    good = pair_accuracy_row([pair(n, 1.0 if n % 4 else -1.0) for n in range(200)], seed=0)
    assert good is not None
    assert good["value"] == 0.75
    assert good["low"] > 0.5
    draw = np.random.default_rng(0)
    noise = pair_accuracy_row([pair(n, float(draw.normal())) for n in range(200)], seed=0)
    assert noise is not None
    assert noise["low"] < 0.5 < noise["high"]
    # 40 copies of one problem's pair say no more than one problem does
    clustered = pair_accuracy_row([pair(n // 40, 1.0 if n // 40 else -1.0) for n in range(200)], seed=0)
    assert clustered is not None
    assert clustered["high"] - clustered["low"] > 3 * (good["high"] - good["low"])
    assert pair_accuracy_row([], seed=0) is None
