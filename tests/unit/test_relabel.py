"""Golden relabelling: expected examples derived by hand from the rule quoted in each test."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.relabel import best_answer, relabel, relabel_counts
from pipeline.strategies import STRATEGIES
from tests.episodes import INFRA, answer, episode, right, wrong

# p: e0 fails w0 → w1; e1 fails w2 → solves r1; e2 solves r2 at once.
EPISODES = [
    episode("e0", wrong("w0"), wrong("w1"), sample=0),
    episode("e1", wrong("w2"), right("r1"), sample=1),
    episode("e2", right("r2"), sample=2),
]
SCORES = {("e0", 0): 9.0, ("e0", 1): 8.0, ("e1", 0): 0.0, ("e1", 1): 2.0, ("e2", 0): 1.0}


def short(rows: list[dict]) -> list[tuple[str, int, str]]:
    return [(row["history_episode"], row["history_turn"], row["target"]) for row in rows]


def test_mucode_gives_every_history_the_best_correct_answer() -> None:
    # Correct first (r1, r2), the verifier breaks the tie (r1: 2 > 1). Failing trajectories lend first.
    rows = relabel(EPISODES, SCORES, STRATEGIES["mucode"], "mucode", None)
    assert short(rows) == [("e0", 0, "r1"), ("e0", 1, "r1"), ("e1", 0, "r1"), ("e1", 1, "r1"), ("e2", 0, "r1")]
    assert rows[1]["messages"] == [
        {"role": "user", "content": "prompt of p"},
        {"role": "assistant", "content": "w0"},
        {"role": "user", "content": "fb0"},
    ]
    assert {(row["target_episode"], row["target_turn"]) for row in rows} == {("e1", 1)}


def test_trajectories_bounds_the_lenders_failing_first() -> None:
    rows = relabel(EPISODES, SCORES, STRATEGIES["mucode"], "mucode", 1)
    assert short(rows) == [("e0", 0, "r1"), ("e0", 1, "r1")]


def test_oracle_alone_takes_the_first_correct_answer_found() -> None:
    rows = relabel(EPISODES, {}, STRATEGIES["mucode_ov"], "mucode_ov", 1)
    assert {row["target"] for row in rows} == {"r1"}


def test_rft_keeps_solved_trajectories_with_their_own_answer() -> None:
    rows = relabel(EPISODES, SCORES, STRATEGIES["rft"], "rft", None)
    assert short(rows) == [("e1", 0, "r1"), ("e1", 1, "r1"), ("e2", 0, "r2")]


def test_star_sees_first_answers_only() -> None:
    rows = relabel(EPISODES, SCORES, STRATEGIES["star"], "star", None)
    assert short(rows) == [("e2", 0, "r2")]


def test_control_keeps_everything_unfiltered() -> None:
    rows = relabel(EPISODES, {}, STRATEGIES["control"], "control", None)
    assert short(rows) == [("e0", 0, "w1"), ("e0", 1, "w1"), ("e1", 0, "r1"), ("e1", 1, "r1"), ("e2", 0, "r2")]


def test_a_problem_without_a_correct_answer_gives_nothing_and_is_counted() -> None:
    episodes = [episode("e", wrong("w"))]
    rows = relabel(episodes, {("e", 0): 5.0}, STRATEGIES["mucode"], "mucode", None)
    assert rows == []
    assert relabel_counts(episodes, rows)["problems_unsolved"] == 1


def test_infrastructure_is_neither_target_nor_history() -> None:
    episodes = [
        episode("e0", wrong("w0"), answer("i", INFRA), infrastructure=True),
        episode("e1", right("r"), sample=1),
    ]
    for name in ("mucode", "rft", "control"):
        assert short(relabel(episodes, {}, STRATEGIES[name], name, None)) == [("e1", 0, "r")]


@given(
    st.lists(st.lists(st.booleans(), min_size=1, max_size=3), min_size=1, max_size=6),
    st.sampled_from(["mucode", "mucode_ov"]),
)
def test_a_best_target_is_always_correct(shapes: list[list[bool]], name: str) -> None:
    episodes = [
        episode(
            f"e{n}",
            *(right(f"r{n}.{t}") if solved else wrong(f"w{n}.{t}") for t, solved in enumerate(shape)),
            sample=n,
        )
        for n, shape in enumerate(shapes)
    ]
    best = best_answer(episodes, {}, STRATEGIES[name])
    solved = any(any(shape) for shape in shapes)
    assert (best is not None) is solved
    rows = relabel(episodes, {}, STRATEGIES[name], name, None)
    assert all(row["target"].startswith("r") for row in rows)
    assert len(rows) == (sum(map(len, shapes)) if solved else 0)
    assert len({row["example_id"] for row in rows}) == len(rows)


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_every_strategy_survives_an_empty_problem(name: str) -> None:
    assert relabel([], {}, STRATEGIES[name], name, 3) == []
