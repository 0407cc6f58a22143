"""Verifier training pairs: a better and a worse answer to one problem, from all iterations so far."""

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from actors.ids import stable_id, stable_seed
from actors.search.episode import Answer, Episode
from actors.storage.parquet import Row
from pipeline.methods.states import State, episode_states

PAIR_SCHEMA = pa.schema(
    [
        ("pair_id", pa.string()),
        ("problem_id", pa.string()),
        ("prompt", pa.string()),
        ("chosen", pa.string()),
        ("rejected", pa.string()),
        ("chosen_episode", pa.string()),
        ("chosen_turn", pa.int32()),
        ("rejected_episode", pa.string()),
        ("rejected_turn", pa.int32()),
    ],
    metadata={"mucode.schema": "pairs/1"},
)

PairKind = Literal["product", "matching", "dense"]
AnswerPair = tuple[State, State]
"""The better one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRecipe:
    """Which pairs are made of a problem's answers, at most `per_problem` of them.

    product   drawn without replacement from right × wrong: for a loss of differences (Bradley-Terry)
    matching  each distinct answer of the larger side once, those of the smaller side equally often: for a loss that
              judges every answer alone (cross-entropy), which thus sees as many right ones as wrong ones
    dense     drawn without replacement from all pairs whose first passes at least `margin` more tests

    `per_iteration`: the bound and the draw are of each iteration's answers by themselves. `replaced`: product and dense
    are drawn with replacement from all answers, equal ones too, so that each problem with pairs gives as many.
    """

    per_problem: int
    kind: PairKind = "product"
    margin: int = 1
    per_iteration: bool = False
    replaced: bool = False


def distinct_answers(episodes: Sequence[Episode], label: bool) -> list[State]:
    """States whose selected answers have that label, one per distinct response, in order of first appearance."""
    return [state for state in _distinct(episodes) if state.label is label]


def passed_tests(answer: Answer) -> int | None:
    """How many tests passed, public and private together; None if they were not all run."""
    if answer.public is None or answer.private is None or answer.private.label is None:
        return None
    return sum(test.verdict.label is True for outcome in (answer.public, answer.private) for test in outcome.tests)


def make_pairs(episodes: Sequence[Episode], recipe: PairRecipe, seed: int) -> list[Row]:
    """Pairs of one problem, rows of PAIR_SCHEMA, none twice in a draw without replacement.

    The same seed draws the same pairs, whatever the other problems are.
    """
    if not episodes:
        return []
    problem_id, prompt = episodes[0].problem_id, episodes[0].prompt
    if not recipe.per_iteration:
        drawn = list(enumerate(_draw_pairs(episodes, recipe, random.Random(stable_seed(seed, problem_id)))))
    else:
        drawn = []
        for iteration in sorted({episode.iteration for episode in episodes}):
            part = [episode for episode in episodes if episode.iteration == iteration]
            draw = random.Random(stable_seed(seed, problem_id, iteration))
            drawn += enumerate(_draw_pairs(part, recipe, draw), len(drawn))
    return [
        _pair_row(problem_id, prompt, better, worse, number if recipe.replaced else None)
        for number, (better, worse) in drawn
    ]


def _draw_pairs(episodes: Sequence[Episode], recipe: PairRecipe, draw: random.Random) -> list[AnswerPair]:
    if recipe.kind == "matching":
        return _matching(episodes, draw)[: recipe.per_problem]
    states = _judged(episodes) if recipe.replaced else _distinct(episodes)
    every = _dense(states, recipe.margin) if recipe.kind == "dense" else _product(states)
    if recipe.replaced:
        return draw.choices(every, k=recipe.per_problem) if every else []
    return draw.sample(every, min(recipe.per_problem, len(every)))


def _product(states: Sequence[State]) -> list[AnswerPair]:
    right, wrong = ([state for state in states if state.label is label] for label in (True, False))
    return list(itertools.product(right, wrong))


def _dense(states: Sequence[State], margin: int) -> list[AnswerPair]:
    known = [(state, passed) for state in states if (passed := passed_tests(state.answer)) is not None]
    return [(one, other) for (one, most), (other, least) in itertools.permutations(known, 2) if most - least >= margin]


def _matching(episodes: Sequence[Episode], draw: random.Random) -> list[AnswerPair]:
    right, wrong = distinct_answers(episodes, True), distinct_answers(episodes, False)
    if not right or not wrong:
        return []
    draw.shuffle(right)
    draw.shuffle(wrong)
    count = max(len(right), len(wrong))
    return [(right[number % len(right)], wrong[number % len(wrong)]) for number in range(count)]


def _distinct(episodes: Sequence[Episode]) -> list[State]:
    """Judged selected answers, one per distinct response, in order of first appearance."""
    found: dict[str, State] = {}
    for state in _judged(episodes):
        found.setdefault(state.answer.response, state)
    return list(found.values())


def _judged(episodes: Sequence[Episode]) -> list[State]:
    """Selected answers whose label is known and whose response holds something."""
    every = episode_states(episodes)
    return [state for state in every if state.label is not None and state.answer.response.strip()]


def _pair_row(problem_id: str, prompt: str, better: State, worse: State, number: int | None) -> Row:
    """`number`: of the draw, if the same pair may be drawn again."""
    drawn = () if number is None else (number,)
    pair_id = stable_id(problem_id, better.answer.response, worse.answer.response, *drawn)
    sides = _columns("chosen", better) | _columns("rejected", worse)
    return {"pair_id": pair_id, "problem_id": problem_id, "prompt": prompt, **sides}


def _columns(side: str, state: State) -> Row:
    episode_id, turn = state.key
    return {side: state.answer.response, f"{side}_episode": episode_id, f"{side}_turn": turn}


def pair_counts(episodes: Sequence[Episode], pairs: Sequence[Row]) -> dict[str, int]:
    """The funnel of one problem: it gives pairs or has a reason for giving none.

    `without_margin`: there are right and wrong answers, but no two differ by enough tests (dense pairs alone).
    """
    right, wrong = distinct_answers(episodes, True), distinct_answers(episodes, False)
    return {
        "problems": 1,
        "problems_with_pairs": int(bool(pairs)),
        "problems_without_right_answer": int(not pairs and not right),
        "problems_without_wrong_answer": int(not pairs and bool(right) and not wrong),
        "problems_without_margin": int(not pairs and bool(right) and bool(wrong)),
        "pairs": len(pairs),
    }
