"""Verifier training pairs: a right and a wrong answer to one problem, from all iterations so far."""

import itertools
import random
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from actors.episode import Answer, Episode, stable_id, stable_seed

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

Located = tuple[str, int, Answer]  # episode_id, turn, answer


def distinct_answers(episodes: Iterable[Episode], label: bool) -> list[Located]:
    """Chosen answers with that label, one per distinct response, in order of first appearance."""
    found: dict[str, Located] = {}
    for episode in episodes:
        for number, turn in enumerate(episode.turns):
            if turn.answer.label is label and turn.answer.response.strip():
                found.setdefault(turn.answer.response, (episode.episode_id, number, turn.answer))
    return list(found.values())


def make_pairs(episodes: Sequence[Episode], pairs_per_problem: int, seed: int) -> list[dict[str, Any]]:
    """Pairs of one problem: drawn without replacement from right × wrong; none where one side is empty."""
    right, wrong = distinct_answers(episodes, True), distinct_answers(episodes, False)
    every = list(itertools.product(right, wrong))
    if not every:
        return []
    problem_id, prompt = episodes[0].problem_id, episodes[0].prompt
    draw = random.Random(stable_seed(seed, problem_id))
    return [
        _pair_row(problem_id, prompt, chosen, rejected)
        for chosen, rejected in draw.sample(every, min(pairs_per_problem, len(every)))
    ]


def _pair_row(problem_id: str, prompt: str, chosen: Located, rejected: Located) -> dict[str, Any]:
    return {
        "pair_id": stable_id(problem_id, chosen[2].response, rejected[2].response),
        "problem_id": problem_id,
        "prompt": prompt,
        "chosen": chosen[2].response,
        "rejected": rejected[2].response,
        "chosen_episode": chosen[0],
        "chosen_turn": chosen[1],
        "rejected_episode": rejected[0],
        "rejected_turn": rejected[1],
    }


def pair_counts(episodes: Sequence[Episode], pairs: Sequence[dict[str, Any]]) -> dict[str, int]:
    """The funnel of one problem: each problem gives pairs or has a reason for giving none."""
    right, wrong = distinct_answers(episodes, True), distinct_answers(episodes, False)
    return {
        "problems": 1,
        "problems_with_pairs": int(bool(pairs)),
        "problems_without_right_answer": int(not right),
        "problems_without_wrong_answer": int(bool(right) and not wrong),
        "pairs": len(pairs),
    }
