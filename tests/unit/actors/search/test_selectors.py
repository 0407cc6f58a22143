"""Which candidate each selector chooses, and what it may know for that."""

import asyncio
import itertools
from dataclasses import replace
from typing import Any

import pytest

from actors.search.episode import Episode
from actors.search.plan import SearchPlan
from actors.search.request_cache import RolloutServices
from actors.search.search import play_episodes
from actors.search.selection import keep_best, passes_public_tests
from actors.search.selector import Candidate, LabelledCandidate
from actors.search.selectors import SELECTORS
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome
from tests.support.fakes import ByteTokenizer, FakeEngine, FakeSandbox, fake_scorer, watched
from tests.support.searches import BROKEN, NO, PROBLEM, YES, answer, distinct, play, wrong

# ---- selectors ------------------------------------------------------------------------------------------------

FOUR = [
    answer("a", NO, None, 0.9),
    replace(answer("b", YES, NO, 0.1), behaviour="x"),
    answer("c", YES, YES, 0.5),
    answer("d", NO, None, 0.9),
]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("first", 0),
        ("pt", 1),  # the first that passes public tests
        ("lv", 0),  # the highest score, the first of equals
        ("pt_lv", 2),  # of those that pass, the higher score
        ("cluster", 1),  # two groups of one among those that pass: the first
        ("mbr", 1),  # only one of them ran on extra inputs, so nobody agrees: the first that passes
        ("oracle", 2),  # the one that is correct
    ],
)
def test_selectors(name: str, expected: int) -> None:
    assert keep_best(FOUR, SELECTORS[name], 0, frozenset()) == [expected]


@pytest.mark.parametrize(
    ("name", "expected"), [("pt", 0), ("pt_lv", 1), ("lv", 1), ("cluster", 0), ("mbr", 0), ("oracle", 0)]
)
def test_selectors_where_nothing_passes(name: str, expected: int) -> None:
    answers = [answer("a", NO, None, 0.1), answer("b", NO, None, 0.2)]
    assert keep_best(answers, SELECTORS[name], 0, frozenset()) == [expected]


def test_an_answer_that_the_verifier_could_not_score_ranks_last() -> None:
    answers = [answer("a", YES, None, float("nan")), answer("b", YES, None, -9.0)]
    assert keep_best(answers, SELECTORS["lv"], 0, frozenset()) == [1]
    assert keep_best(answers, SELECTORS["pt_lv"], 0, frozenset()) == [1]


def test_random_is_seeded_and_reaches_everyone() -> None:
    picks = [keep_best(FOUR, SELECTORS["random"], seed, frozenset(), 2) for seed in range(64)]
    assert picks == [keep_best(FOUR, SELECTORS["random"], seed, frozenset(), 2) for seed in range(64)]
    assert {tuple(pair) for pair in picks} == set(itertools.permutations(range(4), 2))


def test_a_failed_program_is_chosen_again_only_where_nothing_else_is_left() -> None:
    assert keep_best(FOUR, SELECTORS["lv"], 0, frozenset({"a"})) == [3]
    assert keep_best(FOUR, SELECTORS["lv"], 0, frozenset({"a", "d"})) == [2]
    assert keep_best(FOUR, SELECTORS["lv"], 0, frozenset({"a", "b", "c", "d"})) == [0]
    assert keep_best([answer(None), answer("x")], SELECTORS["first"], 0, frozenset({None})) == [1]
    assert keep_best(FOUR, SELECTORS["lv"], 0, frozenset({"a", "d"}), beam=3) == [2, 1]


def test_only_the_oracle_is_shown_labels() -> None:
    """By construction: what the others get has no field for a private result, nor what their row does not use."""
    for name, selector in SELECTORS.items():
        seen: list[Any] = []

        def spy(candidates: Any, seed: int, seen: list[Any] = seen) -> Any:
            seen.extend(candidates)
            return candidates

        keep_best(FOUR, replace(selector, rank=spy), 0, frozenset())
        assert {type(candidate) for candidate in seen} == {LabelledCandidate if name == "oracle" else Candidate}
        if name != "oracle":
            assert not any(hasattr(candidate, field) for candidate in seen for field in ("label", "private"))
        assert (seen[1].passes_public is None) == (name in ("first", "random", "lv"))
        assert (seen[1].score is None) == (name not in ("lv", "pt_lv"))
        assert (seen[1].behaviour is None) == (name not in ("cluster", "mbr"))


@pytest.mark.parametrize("beam", [1, 3])
@pytest.mark.parametrize("name", sorted(SELECTORS.keys() - {"oracle"}))
def test_private_tests_change_no_choice(name: str, beam: int) -> None:
    """Accepted, rejected or absent, and with every answer judged for the record: every choice stays as it was."""
    plan = SearchPlan(turns=3, width=4, beam=beam, selector=name, judge_all=True, no_repeat=True)
    scorer = fake_scorer(lambda prompt, response: len(response) + ord(response[-1]))

    def judge(private: Outcome) -> FakeSandbox:
        def outcome(problem: Problem, program: str, suite: Suite) -> Outcome:
            if suite == "probes":
                return wrong(str(int(program[-1]) % 2))
            return private if suite == "private" else (YES if program.endswith(("7", "4")) else wrong("no"))

        return FakeSandbox(outcome)

    def choices(episode: Episode) -> list[Any]:
        return [(turn.chosen, turn.kept, turn.parents, turn.seed, turn.feedback) for turn in episode.turns]

    for sample in range(8):
        first, _ = play(plan, judge(YES), scorer=scorer, sample=sample)
        second, _ = play(plan, judge(NO), scorer=scorer, sample=sample)
        alone = replace(PROBLEM, private_tests=())
        unasked = judge(BROKEN)
        third, _ = play(plan, unasked, scorer=scorer, sample=sample, problem=alone)
        assert choices(first) == choices(second) == choices(third)
        assert not third.infrastructure and "private" not in {suite for *_, suite in unasked.calls}
        # R is "all tests pass": the public ones are all that there are.
        assert [turn.answer.label for turn in third.turns] == [passes_public_tests(turn.answer) for turn in third.turns]


# ---- clusters -------------------------------------------------------------------------------------------------


def clustered(*behaviours: str | None, beam: int = 1) -> list[int]:
    answers = [
        replace(answer(str(place), NO if found == "-" else YES), behaviour=None if found == "-" else found)
        for place, found in enumerate(behaviours)
    ]
    return keep_best(answers, SELECTORS["cluster"], 0, frozenset(), beam)


def test_the_largest_group_of_those_that_pass_is_chosen() -> None:
    assert clustered("-", "x", "y", "y", "-", "-") == [2]
    assert clustered("x", "y", "y", "x") == [0]  # two of two: the group of the first
    assert clustered("-", "-") == [0]
    assert clustered("-", None, None) == [1]  # without extra inputs nothing is alike, as PT
    # First of y (3), of x (2), of z (1); then second of y, of x; then the third of y; then who fails.
    assert clustered("x", "y", "-", "y", "z", "x", "y", beam=7) == [1, 0, 4, 3, 5, 6, 2]


# ---- minimum Bayes risk ---------------------------------------------------------------------------------------


def agreeing(*behaviours: str, beam: int = 1) -> list[int]:
    """Behaviours are written with a letter per input; "-" fails the public tests."""
    answers = [
        replace(answer(str(place), NO if found == "-" else YES), behaviour=None if found == "-" else " ".join(found))
        for place, found in enumerate(behaviours)
    ]
    return keep_best(answers, SELECTORS["mbr"], 0, frozenset(), beam)


def test_the_program_that_agrees_most_with_the_others_is_chosen() -> None:
    """Four programs do nearly the same, none exactly; two do something else alike, the largest group of all."""
    near = ["aaab", "aaac", "aaad", "aaaa"]
    assert agreeing("-", "zzzz", "zzzz", *near) == [3]
    answers = [replace(answer(str(n), YES), behaviour=" ".join(x)) for n, x in enumerate(["zzzz", "zzzz", *near])]
    assert keep_best(answers, SELECTORS["cluster"], 0, frozenset()) == [0]


def test_the_order_of_agreement_is_that_of_the_risk_by_hand() -> None:
    # Agreements on three inputs, each program's own included: 3+2+0 = 5, 2+3+1 = 6, 0+1+3 = 4; then who fails.
    assert agreeing("abc", "abd", "-", "xyd", beam=4) == [1, 0, 3, 2]
    assert agreeing("ab", "cd", "cd", "ab") == [0]  # equals: the first
    assert agreeing("-", "ab", "ab") == [1]


def test_a_run_that_was_cut_short_agrees_as_far_as_it_went() -> None:
    assert agreeing("abc", "ab", "ab", "xyz", beam=4) == [0, 1, 2, 3]  # 3+2+2, then 2+2+2, alike, then 3


def test_only_what_passes_public_tests_is_run_on_extra_inputs_and_each_program_once() -> None:
    texts = iter(["bad", "a1", "b1", "a2", "b1"])
    judged = {"bad": NO, "a1": YES, "a2": YES, "b1": YES}

    def outcome(problem: Problem, program: str, suite: Suite) -> Outcome:
        return wrong(program[0]) if suite == "probes" else judged[program] if suite == "public" else NO

    judge = FakeSandbox(outcome)
    episode, _ = play(SearchPlan(turns=3, width=5, selector="cluster"), judge, lambda *_: next(texts))
    assert sorted(program for _, program, suite in judge.calls if suite == "probes") == ["a1", "a2", "b1"]
    behaviours = [found.behaviour for found in episode.turns[0].answers]
    assert behaviours[0] is None and behaviours[1] == behaviours[3] != behaviours[2] == behaviours[4]
    assert (len(episode.turns), episode.turns[0].chosen) == (1, 1)  # two a, two b: the group of the first


def test_the_answers_that_are_drawn_for_all_are_observed_if_a_selector_compares_them() -> None:
    """Once per program, for all plans together."""
    first = SearchPlan(turns=1, width=4, selector="first", judge_all=True)
    for selector, observed in (("mbr", True), ("pt", False)):
        judge = FakeSandbox(lambda problem, program, suite: wrong(program[-1]) if suite == "probes" else YES)
        services = RolloutServices(engine=watched(FakeEngine("fake", distinct)), tokenizer=ByteTokenizer(), judge=judge)
        plans = [first, SearchPlan(turns=1, width=2, selector=selector)]
        drawn, searched = asyncio.run(play_episodes(services, plans, PROBLEM, 0))
        assert all((one.behaviour is not None) == observed for one in drawn.turns[0].answers)
        assert [one.behaviour for one in searched.turns[0].answers] == [
            one.behaviour for one in drawn.turns[0].answers[:2]
        ]
        assert sum(suite == "probes" for *_, suite in judge.calls) == (4 if observed else 0)


def test_a_lone_program_needs_no_extra_inputs_and_a_broken_box_is_no_behaviour() -> None:
    judge = FakeSandbox()
    play(SearchPlan(turns=1, width=5, selector="cluster"), judge, lambda *_: "same")
    assert [suite for *_, suite in judge.calls] == ["public", "private"]
    broken = FakeSandbox(lambda problem, program, suite: BROKEN if suite == "probes" else YES)
    episode, _ = play(SearchPlan(turns=2, width=5, selector="cluster"), broken, distinct)
    assert episode.infrastructure and len(episode.turns) == 1
