"""Beams of histories over turns, with results derived by hand."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from actors.search.episode import EPISODE_SCHEMA, Answer, Episode
from actors.search.plan import SearchPlan
from actors.search.selection import keep_best
from actors.search.selector import Candidate, Selector, SelectorError
from pipeline.evaluation.search_records import search_outcome
from sandbox.verdict import Verdict
from tests.support.fakes import FakeEngine, FakeSandbox, fake_scorer
from tests.support.searches import YES, distinct, play, wrong


def tree(chat: str, seed: int) -> str:
    """Answers named by the way to them: the first turn's a, b, c, …, then aa, ab, …"""
    said = [line.removeprefix("assistant: ") for line in chat.splitlines() if line.startswith("assistant: ")]
    last = said[-2] if len(said) > 1 else ""
    return last + tree.letters.pop(0)  # type: ignore[attr-defined]


def grow(plan: SearchPlan, scores: dict[str, float], passing: set[str] = frozenset()) -> tuple[Episode, FakeEngine]:  # type: ignore[assignment]
    tree.letters = list("abc" * 20)[:60]  # type: ignore[attr-defined]
    judge = FakeSandbox(lambda problem, program, suite: YES if program in passing else wrong(f"no {program}"))
    return play(
        plan, judge, tree, scorer=fake_scorer(lambda prompt, response: scores.get(response, 0.0)), max_context=9999
    )


BEAM = SearchPlan(turns=2, width=3, beam=2, selector="lv")


def test_a_beam_expands_every_kept_history_and_keeps_the_best_of_all() -> None:
    """Turn 1 keeps c and b. Turn 2 has ca, cb, cc, ba, bb, bc; of these ba and cc are the best."""
    episode, engine = grow(BEAM, {"c": 3.0, "b": 2.0, "a": 1.0, "ba": 9.0, "cc": 8.0})
    one, two = episode.turns
    assert [found.program for found in one.answers] == ["a", "b", "c"]
    assert [found.program for found in two.answers] == ["ca", "cb", "cc", "ba", "bb", "bc"]
    assert (one.kept, one.parents) == ((2, 1), (0, 0, 0))
    assert (two.kept, two.parents) == ((3, 2), (0, 0, 0, 1, 1, 1))
    # The final answer is ba, so the episode goes through b, though c ranked above it after turn 1.
    assert (one.answer.program, two.answer.program) == ("b", "ba")
    assert (one.held.program, two.held.program) == ("c", "ba")
    assert one.feedback == "no b" and two.feedback == ""
    assert [message["content"] for message in episode.messages(1)] == ["ask", "b", "no b"]
    assert [chat.count("assistant") for chat, _ in engine.requests] == [1, 2, 2]
    assert two.prompt_tokens == sum(len(chat) for chat, _ in engine.requests[1:])
    assert (episode.width, episode.beam, len(episode.turns)) == (3, 2, 2)


def test_a_beam_ends_at_the_first_turn_in_which_a_kept_program_passes() -> None:
    """b is kept second and passes: it is the answer. a passes too, but was not kept, and LV never ran it."""
    episode, engine = grow(replace(BEAM, turns=3), {"c": 3.0, "b": 2.0, "a": 1.0}, passing={"a", "b"})
    assert len(episode.turns) == 1 and episode.turns[0].answer.program == "b"
    assert episode.turns[0].kept == (1, 2)
    assert episode.turns[0].answers[0].public is None
    assert len(engine.requests) == 1


def test_a_beam_of_one_is_best_of_n() -> None:
    scores = {"c": 3.0, "b": 2.0, "ca": 1.0, "cb": 5.0}
    episode, _ = grow(replace(BEAM, beam=1), scores)
    assert [turn.answer.program for turn in episode.turns] == ["c", "cb"]
    assert [turn.kept for turn in episode.turns] == [(2,), (1,)]


def test_a_beam_keeps_no_program_twice_and_none_that_failed_before() -> None:
    texts = iter(["x", "x", "y", "x", "z", "z", "y", "y", "y"])
    plan = replace(BEAM, selector="first", no_repeat=True)
    episode, _ = play(plan, FakeSandbox(lambda *_: wrong("no")), lambda *_: next(texts), max_context=9999)
    one, two = episode.turns
    assert one.kept == (0, 2)  # x once, y
    assert two.kept == (1,)  # x and y failed, z once: one history is left


def test_a_beam_costs_what_its_plan_says() -> None:
    plan = replace(BEAM, turns=4, selector="random")
    episode, _ = play(plan, FakeSandbox(lambda *_: wrong("no")), distinct, max_context=9999)
    sampled = [len(turn.answers) for turn in episode.turns]
    assert sampled == [3, 6, 6, 6]
    assert sum(sampled) == plan.width + (plan.turns - 1) * plan.beam * plan.width


def test_a_history_without_room_is_dropped_and_the_others_go_on() -> None:
    """The feedback of the first kept program fills its context."""
    texts = iter(["long", "b", "c", *"defghi"])
    judge = FakeSandbox(lambda problem, program, suite: wrong("x" * 200 if program == "long" else "no"))
    plan = replace(BEAM, selector="first", max_tokens=16)
    episode, _ = play(plan, judge, lambda *_: next(texts), max_context=150)
    assert [found.program for found in episode.turns[1].answers] == ["d", "e", "f"]
    assert episode.turns[1].parents == (1, 1, 1)
    assert episode.turns[0].answer.program == "b"


def test_episodes_of_beams_survive_their_rows() -> None:
    episode, _ = grow(BEAM, {"c": 3.0, "b": 2.0})
    table = pa.Table.from_pylist([episode.to_row()], schema=EPISODE_SCHEMA)
    assert Episode.from_row(table.to_pylist()[0]) == episode


def test_a_studys_accuracy_after_a_turn_is_that_of_the_held_answer() -> None:
    episode, _ = grow(BEAM, {"c": 3.0, "b": 2.0, "a": 1.0, "ba": 9.0, "cc": 8.0})
    assert episode.turns[0].held != episode.turns[0].answer
    row = episode.to_row()
    for turn in row["turns"]:  # the first kept one is right, and no other
        for place, one in enumerate(turn["answers"]):
            verdict = Verdict.ACCEPTED if place == turn["kept"][0] else Verdict.WRONG_ANSWER
            one["public"] = one["private"] = {"verdict": str(verdict)}
    assert search_outcome(row).labels == (True,) * len(episode.turns)


@pytest.mark.parametrize("found", [[], ["b", "a"], "all twice", None])
def test_a_selector_that_loses_or_invents_answers_is_named(found: object) -> None:
    """Else a search would end by an index out of range, or leave out answers without a word."""

    def rank(candidates: Sequence[Candidate], seed: int) -> Any:
        return [*candidates, *candidates] if found == "all twice" else found

    answers = [Answer(response=text, program=text, finish_reason="stop", tokens=1) for text in "abc"]
    selector = Selector(rank=rank, label="broken", description="Breaks its promise.")
    with pytest.raises(SelectorError, match="rank of selector 'broken' was given 3 candidates and returned"):
        keep_best(answers, selector, 0, frozenset())
