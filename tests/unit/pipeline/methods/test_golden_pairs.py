"""Golden pairs: what the verifier learns from, derived by hand from the rule quoted in each test."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.search.episode import Answer, Episode
from pipeline.config.load import load_config
from pipeline.errors import ConfigError
from pipeline.methods.pairs import PairRecipe, distinct_answers, make_pairs, pair_counts, passed_tests
from sandbox.verdict import Outcome, TestResult, Verdict
from tests.support.episodes import INFRA, A, W, answer, episode, right, wrong

# x and a appear twice; iteration 1 adds y and b.
EPISODES = [
    episode("e0", wrong("x"), right("a")),
    episode("e1", wrong("x"), wrong("z"), right("a"), sample=1),
    episode("e2", wrong("y"), right("b"), iteration=1),
]
ALL = PairRecipe(per_problem=100)


def texts(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return sorted((row["chosen"], row["rejected"]) for row in rows)


def marked(response: str, public: str, private: str) -> Answer:
    """An answer with a result per test: "+" passed, "-" failed."""

    def outcome(marks: str) -> Outcome:
        verdicts = [A if mark == "+" else W for mark in marks]
        tests = tuple(TestResult(index=i, verdict=verdict) for i, verdict in enumerate(verdicts))
        return Outcome(verdict=A if all(mark == "+" for mark in marks) else W, tests=tests)

    return replace(answer(response, A, A), public=outcome(public), private=outcome(private))


def test_bradley_terry_learns_from_every_right_and_wrong_answer_once() -> None:
    """Right {a, b} × wrong {x, y, z} of all iterations: six pairs, none twice though x and a were found twice."""
    rows = make_pairs(EPISODES, ALL, seed=0)
    assert texts(rows) == [("a", "x"), ("a", "y"), ("a", "z"), ("b", "x"), ("b", "y"), ("b", "z")]
    assert len({row["pair_id"] for row in rows}) == 6
    first = next(row for row in rows if (row["chosen"], row["rejected"]) == ("a", "x"))
    assert (first["chosen_episode"], first["chosen_turn"]) == ("e0", 1)
    assert (first["rejected_episode"], first["rejected_turn"]) == ("e0", 0)
    assert (first["problem_id"], first["prompt"]) == ("p", "prompt of p")


def test_cross_entropy_sees_each_answer_of_the_larger_side_once_and_both_sides_equally() -> None:
    """Three wrong, two right: three pairs; x, y and z once, a and b once and twice between them."""
    rows = make_pairs(EPISODES, PairRecipe(per_problem=100, kind="matching"), seed=0)
    assert sorted(row["rejected"] for row in rows) == ["x", "y", "z"]
    assert sorted(Counter(row["chosen"] for row in rows).values()) == [1, 2]
    one_right = make_pairs(EPISODES[:2], PairRecipe(per_problem=100, kind="matching"), seed=0)
    assert texts(one_right) == [("a", "x"), ("a", "z")]


def test_dense_pairs_prefer_the_answer_that_passes_more_tests() -> None:
    """Tests passed: r 1 + 3 = 4, p 1 + 2 = 3, q 0 + 1 = 1, s 0 + 1 = 1; u's private tests were not run."""
    episodes = [
        episode("e0", marked("q", "-", "+--"), marked("p", "+", "++-")),
        episode("e1", marked("s", "-", "--+"), wrong("u"), marked("r", "+", "+++"), sample=1),
    ]
    assert [passed_tests(turn.answer) for one in episodes for turn in one.turns] == [1, 3, 1, None, 4]
    dense = PairRecipe(per_problem=100, kind="dense")
    assert texts(make_pairs(episodes, dense, 0)) == [("p", "q"), ("p", "s"), ("r", "p"), ("r", "q"), ("r", "s")]
    assert texts(make_pairs(episodes, replace(dense, margin=3), 0)) == [("r", "q"), ("r", "s")]
    close = make_pairs(episodes, replace(dense, margin=4), 0)
    assert close == [] and pair_counts(episodes, close)["problems_without_margin"] == 1


def test_a_draw_has_no_duplicates_and_repeats_with_its_seed() -> None:
    episodes = [episode(f"e{n}", wrong(f"w{n}"), right(f"r{n}"), sample=n) for n in range(4)]
    seven = PairRecipe(per_problem=7)
    rows = make_pairs(episodes, seven, seed=3)
    assert len(rows) == len(set(texts(rows))) == 7
    assert rows == make_pairs(episodes, seven, seed=3)
    assert rows != make_pairs(episodes, seven, seed=4)


def test_pairs_of_each_iteration_by_itself() -> None:
    """Right {a} × wrong {x, z} in iteration 0 and (b, y) in iteration 1, each bounded by itself; none across."""
    rows = make_pairs(EPISODES, replace(ALL, per_iteration=True), seed=0)
    assert texts(rows) == [("a", "x"), ("a", "z"), ("b", "y")]
    assert len(make_pairs(EPISODES, PairRecipe(per_problem=1, per_iteration=True), seed=0)) == 2
    assert rows == make_pairs(EPISODES, replace(ALL, per_iteration=True), seed=0)


def test_a_draw_with_replacement_takes_every_answer_as_often_as_it_was_given() -> None:
    """As the released code: 32 of each iteration, wherever it has both; x was found twice and z once."""
    released = PairRecipe(per_problem=32, per_iteration=True, replaced=True)
    rows = make_pairs(EPISODES, released, seed=0)
    assert len(rows) == len({row["pair_id"] for row in rows}) == 64
    assert Counter(texts(rows))["b", "y"] == 32
    many = Counter(row["rejected"] for row in make_pairs(EPISODES[:2], replace(released, per_problem=3000), seed=0))
    assert set(many) == {"x", "z"} and many["x"] / 3000 == pytest.approx(2 / 3, abs=0.05)
    assert make_pairs([episode("e", right("a"))], released, seed=0) == []


def test_infrastructure_and_unjudged_answers_never_enter_a_pair() -> None:
    episodes = [episode("e0", answer("i", INFRA)), episode("e1", answer("u", A)), episode("e2", right("a"))]
    assert make_pairs(episodes, ALL, 0) == []
    assert distinct_answers(episodes, False) == []


def test_counts_give_every_problem_pairs_or_a_reason() -> None:
    cases = {
        "problems_with_pairs": [episode("e", wrong("x"), right("a"))],
        "problems_without_right_answer": [episode("e", wrong("x"))],
        "problems_without_wrong_answer": [episode("e", right("a"))],
    }
    for reason, episodes in cases.items():
        counts = pair_counts(episodes, make_pairs(episodes, ALL, 0))
        given = {name for name in counts if name.startswith("problems_") and counts[name]}
        assert given == {reason}


def test_dense_pairs_ask_for_what_they_need() -> None:
    with pytest.raises(ConfigError, match=r"set rollouts\.every_test = true"):
        load_config(None, ["verifier.pairs=dense"])
    with pytest.raises(ConfigError, match="use loss = 'bt'"):
        load_config(None, ["verifier.pairs=dense", "rollouts.every_test=true", "verifier.loss=bce"])


@st.composite
def problems(draw: st.DrawFn) -> list[Episode]:
    """Episodes whose tests pass at random: 2 public, 3 private."""
    marks = st.text("+-", min_size=5, max_size=5)
    shapes = draw(st.lists(st.lists(marks, min_size=1, max_size=3), min_size=1, max_size=5))
    return [
        episode(f"e{n}", *(marked(f"{m}{draw(st.integers(0, 2))}", m[:2], m[2:]) for m in shape), sample=n)
        for n, shape in enumerate(shapes)
    ]


@given(problems(), st.sampled_from(["product", "matching", "dense"]), st.integers(1, 6), st.integers(1, 3))
def test_a_pair_is_of_one_problem_in_the_right_order_and_never_twice(
    episodes: list[Episode], kind: Any, bound: int, margin: int
) -> None:
    rows = make_pairs(episodes, PairRecipe(per_problem=bound, kind=kind, margin=margin), seed=1)
    assert len(rows) <= bound and len({row["pair_id"] for row in rows}) == len(rows)
    found = {(one.episode_id, n): turn.answer for one in episodes for n, turn in enumerate(one.turns)}
    for row in rows:
        better, worse = (found[row[f"{side}_episode"], row[f"{side}_turn"]] for side in ("chosen", "rejected"))
        assert (better.response, worse.response) == (row["chosen"], row["rejected"])
        if kind == "dense":
            assert row["chosen"].count("+") - row["rejected"].count("+") >= margin
        else:
            assert better.label is True and worse.label is False
    if kind == "matching":
        rejected, chosen = Counter(row["rejected"] for row in rows), Counter(row["chosen"] for row in rows)
        for uses in (rejected, chosen):
            assert max(uses.values(), default=0) - min(uses.values(), default=0) <= 1
    counts = pair_counts(episodes, rows)
    assert sum(value for name, value in counts.items() if name.startswith("problems_")) == counts["problems"] == 1


def test_the_verdict_of_a_test_counts_not_its_place() -> None:
    late = Outcome(verdict=W, tests=(TestResult(index=0, verdict=W), TestResult(index=1, verdict=Verdict.ACCEPTED)))
    assert passed_tests(replace(right("r"), private=late)) == 2  # one public, one private
