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


def test_no_room_for_an_answer_is_not_right_and_not_masked() -> None:
    episodes = [episode("e0", right("a"), problem="p0"), episode("e1", problem="p1")]
    rows = accuracy_rows(episodes, "greedy", turns=1, seed=0)
    assert [(row["value"], row["n"], row["masked"]) for row in rows] == [(0.5, 2, 0)]


def test_interval_is_the_normal_one_for_many_independent_problems() -> None:
    values = [1.0] * 300 + [0.0] * 700
    mean, low, high = interval(values, [1.0] * 1000, seed=0)
    half = 1.96 * np.sqrt(0.3 * 0.7 / 1000)
    assert mean == 0.3
    assert low == pytest.approx(0.3 - half, abs=0.004)
    assert high == pytest.approx(0.3 + half, abs=0.004)


def test_pair_accuracy_clusters_by_problem_and_sees_noise() -> None:
    def ranked(problems: list[int], gaps: list[float]) -> dict | None:
        pairs = [
            {"problem_id": str(problem), "chosen_episode": f"c{n}", "chosen_turn": 1}
            | {"rejected_episode": f"r{n}", "rejected_turn": 0}
            for n, problem in enumerate(problems)
        ]
        scores = {(f"c{n}", 1): gap for n, gap in enumerate(gaps)} | {(f"r{n}", 0): 0.0 for n in range(len(gaps))}
        return pair_accuracy_row(pairs, scores, "held_out_pairs", seed=0)

    apart = list(range(200))
    good = ranked(apart, [1.0 if n % 4 else -1.0 for n in apart])
    assert good is not None
    assert good["value"] == 0.75
    assert good["low"] > 0.5
    draw = np.random.default_rng(0)
    noise = ranked(apart, [float(gap) for gap in draw.normal(size=200)])
    assert noise is not None
    assert noise["low"] < 0.5 < noise["high"]
    # 40 copies of one problem's pair say no more than one problem does
    clustered = ranked([n // 40 for n in apart], [1.0 if n // 40 else -1.0 for n in apart])
    assert clustered is not None
    assert clustered["high"] - clustered["low"] > 3 * (good["high"] - good["low"])
    tied = ranked([0, 1], [0.0, 0.0])
    assert tied is not None
    assert tied["value"] == 0.5
    assert pair_accuracy_row([], {}, "own_pairs", seed=0) is None
