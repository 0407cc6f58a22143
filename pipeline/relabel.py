"""Relabelling: which answer each history is trained to give.

µCode's expert (paper, eq. 4-5): for a problem x, y* = argmax over answers found of R(x, y) + small · R_phi(x, y),
that is, correct first and the verifier breaks ties; every history of x gets y* as its target.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from actors.episode import Answer, Episode, stable_id
from pipeline.strategies import Strategy

EXAMPLE_SCHEMA = pa.schema(
    [
        ("example_id", pa.string()),
        ("problem_id", pa.string()),
        ("strategy", pa.string()),
        ("history_episode", pa.string()),
        ("history_turn", pa.int32()),
        ("target_episode", pa.string()),
        ("target_turn", pa.int32()),
        ("messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
        ("target", pa.string()),
        ("weight", pa.float64()),
    ],
    metadata={"mucode.schema": "examples/1"},
)

Scores = Mapping[tuple[str, int], float]  # (episode_id, turn) -> raw logit
Place = tuple[Episode, int]  # an episode and a turn of it

LOWEST = float("-inf")


def relabel(
    episodes: Sequence[Episode], scores: Scores, strategy: Strategy, name: str, trajectories: int | None
) -> list[dict[str, Any]]:
    """Examples of one problem. `trajectories` bounds how many lend histories to the best answer; None: all."""
    usable = [_cut(episode, strategy.turns) for episode in episodes]
    usable = [episode for episode in usable if episode.turns and not episode.infrastructure]
    if strategy.targets == "own":
        kept = [episode for episode in usable if strategy.keep == "all" or _final(episode).label is True]
        return [row for episode in kept for row in _examples(episode, (episode, len(episode.turns) - 1), name)]
    best = best_answer(usable, scores, strategy)
    if best is None:
        return []
    lenders = sorted(usable, key=lambda episode: _lender_order(episode, scores))
    return [row for episode in lenders[:trajectories] for row in _examples(episode, best, name)]


def best_answer(episodes: Sequence[Episode], scores: Scores, strategy: Strategy) -> Place | None:
    """The expert's choice among all judged answers; None where the oracle ranks and nothing is correct.

    Equal ranks go to the answer found first (order of `episodes`, then turn).
    """
    places = [
        (episode, turn)
        for episode in episodes
        for turn in range(len(episode.turns))
        if episode.turns[turn].answer.label is not None
    ]
    if not places:
        return None

    def rank(place: Place) -> tuple[bool, float]:
        episode, turn = place
        label = bool(episode.turns[turn].answer.label) if strategy.oracle else False
        score = scores.get((episode.episode_id, turn), LOWEST) if strategy.verifier else 0.0
        return label, score

    best = max(places, key=rank)  # max keeps the first of equals
    correct = best[0].turns[best[1]].answer.label is True
    return best if correct or not strategy.oracle else None


def relabel_counts(episodes: Sequence[Episode], rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """The funnel of one problem: it gives examples, or nothing correct was found, or nothing was judged."""
    solved = any(turn.answer.label is True for episode in episodes for turn in episode.turns)
    return {
        "problems": 1,
        "problems_with_examples": int(bool(rows)),
        "problems_unsolved": int(not rows and not solved),
        "problems_without_usable_trajectory": int(not rows and solved),
        "episodes": len(episodes),
        "episodes_masked_infrastructure": sum(episode.infrastructure for episode in episodes),
        "examples": len(rows),
    }


def _lender_order(episode: Episode, scores: Scores) -> tuple[bool, float, int, int]:
    """Failing trajectories first, then by score: their histories are the ones to learn recovery from."""
    score = scores.get((episode.episode_id, len(episode.turns) - 1), LOWEST)
    return _final(episode).label is True, -score, -episode.iteration, episode.sample


def _examples(episode: Episode, target: Place, name: str) -> list[dict[str, Any]]:
    target_episode, target_turn = target
    return [
        {
            "example_id": stable_id(name, episode.episode_id, turn, target_episode.episode_id, target_turn),
            "problem_id": episode.problem_id,
            "strategy": name,
            "history_episode": episode.episode_id,
            "history_turn": turn,
            "target_episode": target_episode.episode_id,
            "target_turn": target_turn,
            "messages": episode.messages(turn),
            "target": target_episode.turns[target_turn].answer.response,
            "weight": 1.0,
        }
        for turn in range(len(episode.turns))
    ]


def _final(episode: Episode) -> Answer:
    return episode.turns[-1].answer


def _cut(episode: Episode, turns: int | None) -> Episode:
    if turns is None or len(episode.turns) <= turns:
        return episode
    fields = {name: getattr(episode, name) for name in episode.__slots__}
    return Episode(**{**fields, "turns": episode.turns[:turns]})
