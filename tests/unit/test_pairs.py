"""Pairs are right × wrong of one problem, drawn without replacement from distinct answers."""

from pipeline.pairs import distinct_answers, make_pairs, pair_counts
from tests.episodes import INFRA, A, answer, episode, right, wrong


def texts(rows: list[dict]) -> set[tuple[str, str]]:
    return {(row["chosen"], row["rejected"]) for row in rows}


def test_all_pairs_where_there_is_room() -> None:
    episodes = [episode("e0", wrong("x"), right("a")), episode("e1", wrong("y"), wrong("x"), sample=1)]
    rows = make_pairs(episodes, pairs_per_problem=10, seed=0)
    assert texts(rows) == {("a", "x"), ("a", "y")}
    first = next(row for row in rows if row["rejected"] == "x")
    assert (first["chosen_episode"], first["chosen_turn"]) == ("e0", 1)
    assert (first["rejected_episode"], first["rejected_turn"]) == ("e0", 0)
    assert first["prompt"] == "prompt of p"


def test_a_draw_has_no_duplicates_and_repeats_with_its_seed() -> None:
    episodes = [episode(f"e{n}", wrong(f"w{n}"), right(f"r{n}"), sample=n) for n in range(4)]
    rows = make_pairs(episodes, pairs_per_problem=7, seed=3)
    assert len(rows) == len(texts(rows)) == 7
    assert rows == make_pairs(episodes, pairs_per_problem=7, seed=3)
    assert rows != make_pairs(episodes, pairs_per_problem=7, seed=4)


def test_infrastructure_and_unjudged_answers_never_enter_a_pair() -> None:
    episodes = [episode("e0", answer("i", INFRA)), episode("e1", answer("u", A)), episode("e2", right("a"))]
    assert make_pairs(episodes, 10, 0) == []
    assert [located[2].response for located in distinct_answers(episodes, False)] == []


def test_counts_give_every_problem_pairs_or_a_reason() -> None:
    cases = {
        "problems_with_pairs": [episode("e", wrong("x"), right("a"))],
        "problems_without_right_answer": [episode("e", wrong("x"))],
        "problems_without_wrong_answer": [episode("e", right("a"))],
    }
    for reason, episodes in cases.items():
        counts = pair_counts(episodes, make_pairs(episodes, 4, 0))
        given = {name for name in counts if name.startswith("problems_") and counts[name]}
        assert given == {reason}
