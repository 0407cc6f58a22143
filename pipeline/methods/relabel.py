"""Relabelling: which histories are trained on and which answer each is given; why the others are dropped."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from actors.ids import stable_id
from actors.search.episode import Episode
from pipeline.methods.expert import Expert, Place, Scores, Target, final, places
from pipeline.methods.strategies import Strategy

EXAMPLE_SCHEMA = pa.schema(
    [
        ("example_id", pa.string()),
        ("problem_id", pa.string()),
        ("strategy", pa.string()),
        ("history_episode", pa.string()),
        ("history_turn", pa.int32()),
        ("target_episode", pa.string()),  # "" for the reference solution
        ("target_turn", pa.int32()),  # -1 for the reference solution
        ("messages", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
        ("target", pa.string()),
        ("weight", pa.float64()),
    ],
    metadata={"mucode.schema": "examples/1"},
)
REASONS = "infrastructure later_turn failed_trajectory beyond_limit same_state unsolved no_reference"
DROPPED = tuple(f"dropped_{reason}" for reason in REASONS.split())
"""Why a history gives no example, in the order in which it is asked."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Relabelled:
    """Examples of one problem, and its funnel: histories = examples + the sum of the `dropped_…`."""

    examples: list[Row]
    counts: dict[str, int]


def relabel(
    episodes: Sequence[Episode], scores: Scores, strategy: Strategy, name: str, reference: str | None = None
) -> Relabelled:
    """Examples of one problem. `strategy` leaves nothing open; `reference` is a trusted answer to the problem."""
    dropped: Counter[str] = Counter()
    usable = list(_trajectories(episodes, strategy.turns, dropped))
    expert = Expert(usable, scores, strategy, reference)
    examples = []
    for place, keeps_own in _histories(_lenders(usable, expert, dropped), strategy, dropped):
        target = expert.taken(final(place.episode)) if keeps_own else expert.target(place)
        if isinstance(target, str):
            dropped[target] += 1
        else:
            examples.append(_row(place, target, name))
    return Relabelled(examples, _counts(episodes, examples, dropped))


def _trajectories(episodes: Sequence[Episode], turns: int | None, dropped: Counter[str]) -> Iterator[Episode]:
    """Episodes that may teach, cut to the first `turns` turns."""
    for episode in episodes:
        kept = 0 if episode.infrastructure else len(episode.turns[:turns])
        dropped["infrastructure" if episode.infrastructure else "later_turn"] += len(episode.turns) - kept
        if kept:
            yield replace(episode, turns=episode.turns[:kept])


def _lenders(usable: Sequence[Episode], expert: Expert, dropped: Counter[str]) -> list[tuple[Episode, bool]]:
    """Trajectories whose histories are trained on, and whether they keep their own final answer."""
    strategy = expert.strategy
    bound = None if strategy.trajectories == "all" else strategy.trajectories
    solved = {id(episode): final(episode).correct for episode in usable}
    pool = [episode for episode in usable if strategy.histories != "solved" or solved[id(episode)]]
    dropped["failed_trajectory"] += sum(1 for _ in places(usable)) - sum(1 for _ in places(pool))
    ordered = sorted(pool, key=lambda episode: _order(episode, expert))
    lent = ordered[:bound]
    chosen = [(episode, False) for episode in lent]
    if strategy.target == "best" and strategy.positives == "own":
        chosen = [(episode, False) for episode in lent if not solved[id(episode)]]
        chosen += [(episode, True) for episode in ordered if solved[id(episode)]]
    dropped["beyond_limit"] += sum(1 for _ in places(pool)) - sum(len(episode.turns) for episode, _ in chosen)
    return chosen


def _histories(
    lenders: Sequence[tuple[Episode, bool]], strategy: Strategy, dropped: Counter[str]
) -> list[tuple[Place, bool]]:
    """Their histories; where the expert chooses by history, each once."""
    lent = [(place, keeps_own) for episode, keeps_own in lenders for place in places([episode])]
    if strategy.target != "state_best":
        return lent
    first = {place.state: (place, keeps_own) for place, keeps_own in reversed(lent)}
    dropped["same_state"] += len(lent) - len(first)
    return list(first.values())


def _order(episode: Episode, expert: Expert) -> tuple[bool, float, int, int]:
    """Failing trajectories first, whose histories are the ones to learn recovery from, then by the verifier's score.

    With `histories = "top"` by score alone. What a strategy does not weigh, oracle or verifier, it does not ask here.
    """
    top = expert.strategy.histories == "top"
    score = expert.score(final(episode)) if top or expert.strategy.verifier_weight else 0.0
    solved = expert.asks_oracle and not top and final(episode).correct
    return solved, -score, -episode.iteration, episode.sample


def _row(history: Place, target: Target, name: str) -> Row:
    return {
        "example_id": stable_id(name, *history.key, *target.key),
        "problem_id": history.episode.problem_id,
        "strategy": name,
        "history_episode": history.episode.episode_id,
        "history_turn": history.turn,
        "target_episode": target.key[0],
        "target_turn": target.key[1],
        "messages": history.episode.messages(history.turn),
        "target": target.text,
        "weight": target.weight,
    }


def _counts(episodes: Sequence[Episode], examples: Sequence[Row], dropped: Counter[str]) -> dict[str, int]:
    """The funnel of one problem: it gives examples, or nothing correct was found, or nothing correct was usable."""
    solved = any(place.correct for place in places(episodes))
    return {
        "problems": 1,
        "problems_with_examples": int(bool(examples)),
        "problems_unsolved": int(not examples and not solved),
        "problems_without_usable_trajectory": int(not examples and solved),
        "episodes": len(episodes),
        "episodes_masked_infrastructure": sum(episode.infrastructure for episode in episodes),
        "histories": sum(len(episode.turns) for episode in episodes),
        "examples": len(examples),
        "examples_from_reference": sum(not row["target_episode"] for row in examples),
        **{reason: dropped[reason.removeprefix("dropped_")] for reason in DROPPED},
    }
