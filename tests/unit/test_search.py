"""Selection, seeds, the stop rule and histories, with results derived by hand."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from actors.engine import Sampling
from actors.episode import Answer, Episode
from actors.fakes import ByteTokenizer, FakeEngine, FakeSandbox, fake_scorer
from actors.search import Players, SearchPlan, choose, ending, play_episode
from actors.selectors import SELECTORS, Candidate, LabelledCandidate
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome, TestResult, Verdict

PROBLEM = Problem(problem_id="p", prompt="ask")
YES, NO = Outcome(verdict=Verdict.ACCEPTED), Outcome(verdict=Verdict.WRONG_ANSWER)
BROKEN = Outcome(verdict=Verdict.INFRASTRUCTURE_ERROR, message="no box")


def answer(
    program: str | None, public: Outcome | None = None, private: Any = None, score: float | None = None
) -> Answer:
    response = program or ""
    return Answer(
        response=response, program=program, finish_reason="stop", tokens=1, public=public, private=private, score=score
    )


def wrong(message: str) -> Outcome:
    test = TestResult(index=0, verdict=Verdict.WRONG_ANSWER, message=message)
    return Outcome(verdict=Verdict.WRONG_ANSWER, tests=(test,))


def play(
    plan: SearchPlan,
    judge: FakeSandbox,
    write: Callable[[str, int], str] | None = None,
    scorer: Any = None,
    policy: str = "fake",
    **changes: Any,
) -> tuple[Episode, FakeEngine]:
    engine = FakeEngine(policy, write) if write else FakeEngine(policy)
    players = Players(engine=engine, tokenizer=ByteTokenizer(), judge=judge, scorer=scorer, **changes)
    return asyncio.run(play_episode(players, plan, PROBLEM, 3, iteration=2, verifier_id="v")), engine


# ---- selectors ------------------------------------------------------------------------------------------------

FOUR = [
    answer("a", NO, None, 0.9),
    answer("b", YES, NO, 0.1),
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
        ("oracle", 2),  # the one that is correct
    ],
)
def test_selectors(name: str, expected: int) -> None:
    assert choose(FOUR, SELECTORS[name], 0, frozenset()) == expected


@pytest.mark.parametrize(("name", "expected"), [("pt", 0), ("pt_lv", 1), ("lv", 1), ("oracle", 0)])
def test_selectors_where_nothing_passes(name: str, expected: int) -> None:
    answers = [answer("a", NO, None, 0.1), answer("b", NO, None, 0.2)]
    assert choose(answers, SELECTORS[name], 0, frozenset()) == expected


def test_an_answer_that_the_verifier_could_not_score_ranks_last() -> None:
    answers = [answer("a", YES, None, float("nan")), answer("b", YES, None, -9.0)]
    assert choose(answers, SELECTORS["lv"], 0, frozenset()) == 1
    assert choose(answers, SELECTORS["pt_lv"], 0, frozenset()) == 1


def test_random_is_seeded_and_reaches_everyone() -> None:
    picks = [choose(FOUR, SELECTORS["random"], seed, frozenset()) for seed in range(64)]
    assert picks == [choose(FOUR, SELECTORS["random"], seed, frozenset()) for seed in range(64)]
    assert set(picks) == {0, 1, 2, 3}


def test_a_failed_program_is_chosen_again_only_where_nothing_else_is_left() -> None:
    assert choose(FOUR, SELECTORS["lv"], 0, frozenset({"a"})) == 3
    assert choose(FOUR, SELECTORS["lv"], 0, frozenset({"a", "d"})) == 2
    assert choose(FOUR, SELECTORS["lv"], 0, frozenset({"a", "b", "c", "d"})) == 0
    assert choose([answer(None), answer("x")], SELECTORS["first"], 0, frozenset({None})) == 1


def test_only_the_oracle_is_shown_labels() -> None:
    """By construction: what the others get has no field for a private result, nor what their row does not use."""
    for name, selector in SELECTORS.items():
        seen: list[Any] = []

        def spy(candidates: Any, seed: int, seen: list[Any] = seen) -> int:
            seen.extend(candidates)
            return 0

        choose(FOUR, replace(selector, pick=spy), 0, frozenset())
        assert {type(candidate) for candidate in seen} == {LabelledCandidate if name == "oracle" else Candidate}
        if name != "oracle":
            assert not any(hasattr(candidate, field) for candidate in seen for field in ("label", "private"))
        assert (seen[1].passes_public is None) == (name in ("first", "random", "lv"))
        assert (seen[1].score is None) == (name not in ("lv", "pt_lv"))


@pytest.mark.parametrize("name", ["random", "pt", "lv", "pt_lv"])
def test_private_results_change_no_choice(name: str) -> None:
    """Even with every answer judged for the record, opposite private verdicts leave every choice as it was."""
    plan = SearchPlan(turns=3, width=4, selector=name, judge_all=True, no_repeat=True)
    scorer = fake_scorer(lambda prompt, response: len(response) + ord(response[-1]))

    def judge(private: Outcome) -> FakeSandbox:
        def outcome(problem: Problem, program: str, suite: Suite) -> Outcome:
            return private if suite == "private" else (YES if program.endswith("7") else wrong("no"))

        return FakeSandbox(outcome)

    first, _ = play(plan, judge(YES), scorer=scorer)
    second, _ = play(plan, judge(NO), scorer=scorer)
    assert [turn.chosen for turn in first.turns] == [turn.chosen for turn in second.turns]
    assert [turn.seed for turn in first.turns] == [turn.seed for turn in second.turns]


# ---- episodes -------------------------------------------------------------------------------------------------


def test_an_episode_tells_failures_and_stops_at_the_first_public_pass() -> None:
    answers = iter(["one", "two", "three"])
    verdicts = {"one": wrong("got 1, expected 2"), "two": YES}
    judge = FakeSandbox(lambda problem, program, suite: verdicts[program] if suite == "public" else NO)
    plan = SearchPlan(turns=3)
    episode, engine = play(plan, judge, lambda chat, seed: next(answers))
    assert [turn.answer.program for turn in episode.turns] == ["one", "two"]
    assert [turn.feedback for turn in episode.turns] == ["got 1, expected 2", ""]
    assert [chat for chat, _ in engine.requests] == [
        "user: ask\nassistant: ",
        "user: ask\nassistant: one\nuser: got 1, expected 2\nassistant: ",
    ]
    # Passing public tests stops the episode though the private ones fail, and they are the label.
    assert judge.calls == [("p", "one", "public"), ("p", "two", "public"), ("p", "two", "private")]
    assert [turn.answer.label for turn in episode.turns] == [False, False]
    assert (episode.sample, episode.iteration, episode.verifier_id, episode.prompt) == (3, 2, "v", "ask")
    assert episode.turns[0].prompt_tokens == len("user: ask\nassistant: ")
    assert ending(episode, plan) == "passed" and not episode.infrastructure


def test_an_episode_ends_at_its_last_turn_without_feedback() -> None:
    plan = SearchPlan(turns=2)
    episode, _ = play(plan, FakeSandbox(lambda *_: wrong("no")))
    assert [turn.feedback for turn in episode.turns] == ["no", ""]
    assert ending(episode, plan) == "turns"


def test_an_answer_without_a_program_is_rejected_without_running() -> None:
    judge = FakeSandbox()
    episode, _ = play(SearchPlan(turns=2, style="paper"), judge, lambda chat, seed: "I would rather not.")
    assert judge.calls == []
    assert [turn.answer.program for turn in episode.turns] == [None, None]
    assert episode.turns[0].answer.label is False
    assert episode.turns[0].feedback == "Feedback: no program in the answer"


def test_infrastructure_ends_an_episode_and_is_no_label() -> None:
    plan = SearchPlan(turns=3)
    episode, _ = play(plan, FakeSandbox(lambda *_: BROKEN))
    assert episode.infrastructure and len(episode.turns) == 1 and episode.turns[0].feedback == ""
    assert episode.turns[0].answer.label is None
    assert ending(episode, plan) == "infrastructure"


def test_an_oracle_stop_goes_on_after_a_program_that_fails_private_tests() -> None:
    answers = iter(["one", "two", "three"])
    judge = FakeSandbox(lambda problem, program, suite: YES if suite == "public" or program == "two" else NO)
    plan = SearchPlan(turns=3, stop="all")
    episode, _ = play(plan, judge, lambda chat, seed: next(answers))
    assert [turn.answer.program for turn in episode.turns] == ["one", "two"]
    assert [turn.feedback for turn in episode.turns] == ["The program passed the public tests.", ""]
    assert [turn.answer.label for turn in episode.turns] == [False, True]
    assert ending(episode, plan) == "passed"
    never, _ = play(plan, FakeSandbox(lambda problem, program, suite: YES if suite == "public" else NO))
    assert len(never.turns) == 3 and ending(never, plan) == "turns"


def test_a_full_context_ends_an_episode_with_a_name() -> None:
    judge = FakeSandbox(lambda *_: wrong("x" * 60))
    plan = SearchPlan(turns=3, max_tokens=64)
    episode, engine = play(plan, judge, max_context=100)
    # 21 tokens of prompt leave room; the second history has more than 84.
    assert len(episode.turns) == 1 and ending(episode, plan) == "context"
    assert episode.turns[0].feedback == "x" * 60
    assert engine.requests[0][1].max_tokens == 64
    none, _ = play(plan, judge, max_context=30)
    assert none.turns == () and ending(none, plan) == "context"
    _, short = play(plan, judge, max_context=50)
    assert short.requests[0][1].max_tokens == 50 - 21


@pytest.mark.parametrize(
    ("name", "public", "private"), [("random", 1, 0), ("lv", 1, 0), ("pt", 4, 0), ("pt_lv", 4, 0), ("oracle", 4, 0)]
)
def test_only_selectors_that_use_public_tests_run_them_on_everyone(name: str, public: int, private: int) -> None:
    judge = FakeSandbox(lambda *_: NO)
    play(SearchPlan(turns=1, width=4, selector=name), judge, scorer=fake_scorer(lambda *_: 0.0))
    assert [suite for *_, suite in judge.calls] == ["public"] * public + ["private"] * private


def test_judge_all_runs_each_suite_once_per_answer() -> None:
    judge = FakeSandbox()
    plan = SearchPlan(turns=3, width=4, selector="oracle", judge_all=True)
    episode, _ = play(plan, judge)
    suites = [suite for *_, suite in judge.calls]
    assert suites.count("public") == 4 and suites.count("private") == 4
    assert [found.label for found in episode.turns[0].answers] == [True] * 4


def test_selectors_that_rank_by_scores_need_a_scorer() -> None:
    with pytest.raises(ValueError, match="there is no scorer"):
        play(SearchPlan(selector="lv"), FakeSandbox())


# ---- seeds ----------------------------------------------------------------------------------------------------


def test_equal_histories_ask_for_equal_answers_whatever_the_selector() -> None:
    scorer = fake_scorer(lambda prompt, response: float(response[-1]))
    judge = FakeSandbox(lambda *_: wrong("no"))
    played = {name: play(SearchPlan(turns=2, width=4, selector=name), judge, scorer=scorer)[0] for name in SELECTORS}
    firsts = {tuple(a.response for a in episode.turns[0].answers) for episode in played.values()}
    assert len(firsts) == 1
    by_history = {
        (episode.turns[0].answer.response, tuple(a.response for a in episode.turns[1].answers))
        for episode in played.values()
    }
    assert len({history for history, _ in by_history}) == len(by_history)


def test_a_wider_search_begins_with_the_narrower_ones_answers() -> None:
    judge = FakeSandbox()
    one, _ = play(SearchPlan(width=1, selector="random"), judge)
    four, _ = play(SearchPlan(width=4, selector="random"), judge)
    assert four.turns[0].answers[0].response == one.turns[0].answers[0].response


def test_seeds_and_ids_name_policy_plan_problem_and_sample() -> None:
    def identity(plan: SearchPlan, policy: str = "fake") -> tuple[str, int]:
        episode, _ = play(plan, FakeSandbox(), policy=policy)
        return episode.episode_id, episode.turns[0].seed

    base = identity(SearchPlan())
    assert base == identity(SearchPlan())
    assert base != identity(SearchPlan(seed=1)) and base[1] != identity(SearchPlan(seed=1))[1]
    assert base[1] != identity(SearchPlan(), policy="other")[1]
    hotter = identity(SearchPlan(temperature=1.0))
    assert hotter[0] != base[0] and hotter[1] == base[1]
    assert len(base[0]) == 20


def test_turns_of_one_episode_have_different_seeds() -> None:
    episode, _ = play(SearchPlan(turns=3), FakeSandbox(lambda *_: wrong("no")))
    assert len({turn.seed for turn in episode.turns}) == 3


def test_the_engine_is_asked_for_what_the_plan_says() -> None:
    plan = SearchPlan(width=2, selector="random", temperature=0.7, top_p=0.9, max_tokens=40)
    episode, engine = play(plan, FakeSandbox())
    assert engine.requests[0][1] == Sampling(n=2, temperature=0.7, top_p=0.9, max_tokens=40, seed=episode.turns[0].seed)


def test_plans_that_make_no_sense_are_refused() -> None:
    for bad, words in [
        ({"selector": "best"}, "no selector 'best'"),
        ({"style": "x"}, "no dialogue style"),
        ({"turns": 0}, "at least 1"),
        ({"temperature": 0.0, "width": 5}, "temperature 0 gives one answer"),
    ]:
        with pytest.raises(ValueError, match=words):
            SearchPlan(**bad)
