"""Selection, seeds, the stop rule and histories, with results derived by hand."""

import asyncio
from dataclasses import replace

import pytest

from actors.inference.engine import Sampling
from actors.search.episode import Episode, mask_of_row
from actors.search.episode_counts import episode_ending
from actors.search.plan import SearchPlan
from actors.search.request_cache import RolloutServices
from actors.search.search import play_episodes
from actors.search.selectors import SELECTORS
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome
from tests.support.fakes import ByteTokenizer, FakeEngine, FakeSandbox, fake_scorer, watched
from tests.support.searches import BROKEN, NO, PROBLEM, UNJUDGED, YES, distinct, play, play_episode, wrong

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
    assert episode_ending(episode, plan) == "passed" and not episode.infrastructure


def test_an_episode_ends_at_its_last_turn_without_feedback() -> None:
    plan = SearchPlan(turns=2)
    episode, _ = play(plan, FakeSandbox(lambda *_: wrong("no")))
    assert [turn.feedback for turn in episode.turns] == ["no", ""]
    assert episode_ending(episode, plan) == "turns"


def test_an_answer_without_a_program_is_rejected_without_running() -> None:
    judge = FakeSandbox()
    episode, _ = play(
        SearchPlan(turns=2, style="paper"), judge, lambda chat, seed: "I would rather not.", max_context=2048
    )
    assert judge.calls == []
    assert [turn.answer.program for turn in episode.turns] == [None, None]
    assert episode.turns[0].answer.label is False
    assert episode.turns[0].feedback.startswith("Feedback: no program in the answer: there is no code block")


def test_infrastructure_ends_an_episode_and_is_no_label() -> None:
    plan = SearchPlan(turns=3)
    episode, _ = play(plan, FakeSandbox(lambda *_: BROKEN))
    assert episode.infrastructure and len(episode.turns) == 1 and episode.turns[0].feedback == ""
    assert episode.turns[0].answer.label is None
    assert episode_ending(episode, plan) == "infrastructure"


def test_tests_that_cannot_be_judged_end_an_episode_apart_from_infrastructure() -> None:
    plan = SearchPlan(turns=3)
    judge = FakeSandbox(lambda problem, program, suite: YES if suite == "public" else UNJUDGED)
    episode, _ = play(plan, judge)
    assert not episode.infrastructure and episode.masked == "unjudged"
    assert len(episode.turns) == 1 and episode.turns[0].answer.label is None
    assert episode_ending(episode, plan) == "unjudged"
    assert mask_of_row(episode.to_row()) == "unjudged"


def test_an_oracle_stop_goes_on_after_a_program_that_fails_private_tests() -> None:
    answers = iter(["one", "two", "three"])
    judge = FakeSandbox(lambda problem, program, suite: YES if suite == "public" or program == "two" else NO)
    plan = SearchPlan(turns=3, stop="all")
    episode, _ = play(plan, judge, lambda chat, seed: next(answers))
    assert [turn.answer.program for turn in episode.turns] == ["one", "two"]
    assert [turn.feedback for turn in episode.turns] == ["The program passed the public tests.", ""]
    assert [turn.answer.label for turn in episode.turns] == [False, True]
    assert episode_ending(episode, plan) == "passed"
    never, _ = play(plan, FakeSandbox(lambda problem, program, suite: YES if suite == "public" else NO))
    assert len(never.turns) == 3 and episode_ending(never, plan) == "turns"


def test_every_test_runs_both_suites_through_and_changes_no_label() -> None:
    judge = FakeSandbox(lambda problem, program, suite: NO if suite == "public" else YES)
    episode, _ = play(SearchPlan(turns=2, every_test=True), judge)
    assert [suite for *_, suite in judge.calls] == ["public", "private"] * 2
    assert judge.options == [{"every_test": True}] * 4
    assert [turn.answer.label for turn in episode.turns] == [False, False]
    assert all(turn.answer.private == YES for turn in episode.turns)
    usual = FakeSandbox(lambda *_: NO)
    play(SearchPlan(turns=1), usual)
    assert usual.options == [{}]


def test_a_full_context_ends_an_episode_with_a_name() -> None:
    judge = FakeSandbox(lambda *_: wrong("x" * 60))
    plan = SearchPlan(turns=3, max_tokens=64)
    episode, engine = play(plan, judge, max_context=100)
    # 21 tokens of prompt leave room; the second history has more than 84.
    assert len(episode.turns) == 1 and episode_ending(episode, plan) == "context"
    assert episode.turns[0].feedback == "x" * 60
    assert engine.requests[0][1].max_tokens == 64
    none, _ = play(plan, judge, max_context=30)
    assert none.turns == () and episode_ending(none, plan) == "context"
    _, short = play(plan, judge, max_context=50)
    assert short.requests[0][1].max_tokens == 50 - 21


@pytest.mark.parametrize(
    ("name", "public"), [("random", 1), ("lv", 1), ("pt", 4), ("pt_lv", 4), ("cluster", 4), ("mbr", 4), ("oracle", 4)]
)
def test_only_selectors_that_use_public_tests_run_them_on_everyone(name: str, public: int) -> None:
    judge = FakeSandbox(lambda *_: NO)
    play(SearchPlan(turns=1, width=4, selector=name), judge, distinct, scorer=fake_scorer(lambda *_: 0.0))
    assert [suite for *_, suite in judge.calls] == ["public"] * public


def test_judge_all_runs_each_suite_once_per_answer() -> None:
    judge = FakeSandbox()
    plan = SearchPlan(turns=3, width=4, selector="oracle", judge_all=True)
    episode, _ = play(plan, judge, distinct)
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
        ({"selector": "best"}, "no selector is named 'best'"),
        ({"style": "x"}, "no prompt format is named"),
        ({"turns": 0}, "at least 1"),
        ({"width": 2, "beam": 3}, "a beam of 3 cannot be kept from 2 answers"),
        ({"temperature": 0.0, "width": 5}, "temperature 0 gives one answer"),
    ]:
        with pytest.raises(ValueError, match=words):
            SearchPlan(**bad)


# ---- nothing is asked twice -----------------------------------------------------------------------------------


def test_a_program_is_run_once_however_often_it_is_written() -> None:
    """Five equal answers a turn, over three turns, by a selector that asks about all of them."""
    judge = FakeSandbox(lambda *_: NO)
    episode, _ = play(SearchPlan(turns=3, width=5, selector="pt"), judge, lambda chat, seed: "same")
    assert len(episode.turns) == 3
    assert judge.calls == [("p", "same", "public")]


def test_an_infrastructure_failure_is_not_remembered() -> None:
    outcomes = iter([BROKEN, NO])
    judge = FakeSandbox(lambda *_: next(outcomes))
    services = RolloutServices(
        engine=watched(FakeEngine(write=lambda *_: "same")), tokenizer=ByteTokenizer(), judge=judge
    )
    plans = [SearchPlan(turns=1), SearchPlan(turns=1)]
    first, second = asyncio.run(play_episodes(services, plans, PROBLEM, 0))
    assert first.infrastructure and not second.infrastructure


SWEEP = [
    SearchPlan(turns=3, width=width, beam=beam, selector=name, no_repeat=True, judge_all=width == 5)
    for name in SELECTORS
    for width, beam in ((1, 1), (2, 1), (3, 2), (5, 1), (5, 3))
]


def test_several_plans_over_shared_samples_are_the_searches_alone_for_less() -> None:
    """Every plan's episode is what it is alone; a history is sampled once per width at most, a program run once."""

    def outcome(problem: Problem, program: str, suite: Suite) -> Outcome:
        if suite == "probes":
            return wrong(program[-1])
        return YES if suite == "private" or program.endswith(("07", "08")) else wrong(f"got {program[-1]}")

    def untimed(episode: Episode) -> Episode:
        turns = tuple(replace(turn, sample_s=0.0, judge_s=0.0) for turn in episode.turns)
        return replace(episode, turns=turns)

    scorer = fake_scorer(lambda prompt, response: float(response[-3:-1]))
    engine, judge = FakeEngine(write=lambda chat, seed: f"{1000 + seed % 32}"), FakeSandbox(outcome)
    services = RolloutServices(
        engine=watched(engine), tokenizer=ByteTokenizer(), judge=judge, scorer=scorer, max_context=4096
    )
    together = asyncio.run(play_episodes(services, SWEEP, PROBLEM, 1))
    shared = len(engine.requests)
    assert len(set(judge.calls)) == len(judge.calls)
    assert len({(chat, sampling.n) for chat, sampling in engine.requests}) == shared
    alone = [asyncio.run(play_episode(services, plan, PROBLEM, 1)) for plan in SWEEP]
    assert [untimed(episode) for episode in together] == [untimed(episode) for episode in alone]
    assert shared < (len(engine.requests) - shared) / 2
    assert {len(episode.turns) for episode in together} == {2, 3}
