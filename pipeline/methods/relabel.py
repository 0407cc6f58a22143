"""Relabelling: which histories are trained on and which answer each is given; why the others are dropped."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import pyarrow as pa

from actors.ids import stable_id
from actors.search.episode import Episode, MaskReason
from actors.storage.parquet import Row
from pipeline.errors import StrategyError
from pipeline.methods.expert import Expert
from pipeline.methods.states import AnswerScores, DropReason, State, Target, episode_states, final_state
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
DROPPED = tuple(f"dropped_{reason}" for reason in get_args(DropReason))
"""The funnel's columns: why a history gives no example, in the order in which it is asked."""


@dataclass(frozen=True, slots=True)
class Relabelled:
    """Examples of one problem, rows of EXAMPLE_SCHEMA, and its funnel: histories = examples + the sum of the
    `dropped_…`."""

    examples: list[Row]
    counts: dict[str, int]


def relabel(
    episodes: Sequence[Episode], scores: AnswerScores, strategy: Strategy, name: str, reference: str | None = None
) -> Relabelled:
    """Examples of one problem. `strategy` leaves nothing open; `reference` is a trusted answer to the problem.

    Raises StrategyError if a function of the strategy returns what it may not.
    """
    dropped: Counter[str] = Counter()
    trajectories = list(usable_trajectories(episodes, strategy.turns, dropped))
    expert = Expert(trajectories, scores, strategy, reference)
    fickle = {state.key for state in episode_states(trajectories) if state.answer.seed_dependent}
    examples = []
    for state, keeps_own in _histories(_selected_trajectories(trajectories, expert, dropped), strategy, dropped):
        target = expert.as_target(final_state(state.episode)) if keeps_own else expert.target(state)
        if isinstance(target, Target) and target.key in fickle:
            dropped["seed_dependent"] += 1
        elif isinstance(target, Target) and isinstance(target.text, str):
            examples.append(_row(state, target, name))
        elif target in get_args(DropReason):
            dropped[target] += 1
        else:
            raise StrategyError(
                f"choose_target of strategy {name!r} returned {target!r}; expected a Target (pipeline.methods.states) "
                f"or the reason why there is none: {', '.join(get_args(DropReason))}"
            )
    return Relabelled(examples, _counts(episodes, examples, dropped))


def usable_trajectories(episodes: Sequence[Episode], turns: int | None, dropped: Counter[str]) -> Iterator[Episode]:
    """Episodes that neither the sandbox nor their tests failed, cut to the first `turns` turns."""
    for episode in episodes:
        kept = 0 if episode.masked else len(episode.turns[:turns])
        dropped[episode.masked or "later_turn"] += len(episode.turns) - kept
        if kept:
            yield replace(episode, turns=episode.turns[:kept])


def _selected_trajectories(
    trajectories: Sequence[Episode], expert: Expert, dropped: Counter[str]
) -> list[tuple[Episode, bool]]:
    """Trajectories whose histories are trained on, and whether they keep their own final answer."""
    strategy = expert.strategy
    if strategy.select_trajectories is not None:
        return _selected_by_function(trajectories, expert, dropped)
    bound = None if strategy.trajectories == "all" else strategy.trajectories
    solved = {id(episode): final_state(episode).correct for episode in trajectories}
    pool = [episode for episode in trajectories if strategy.histories != "solved" or solved[id(episode)]]
    dropped["failed_trajectory"] += _turns(trajectories) - _turns(pool)
    ordered = sorted(pool, key=lambda episode: _order(episode, expert))
    selected = [(episode, False) for episode in ordered[:bound]]
    if strategy.target == "best" and strategy.positives == "own":
        selected = [(episode, False) for episode in ordered[:bound] if not solved[id(episode)]]
        selected += [(episode, True) for episode in ordered if solved[id(episode)]]
    dropped["beyond_limit"] += _turns(pool) - _turns([episode for episode, _ in selected])
    return selected


def _selected_by_function(
    trajectories: Sequence[Episode], expert: Expert, dropped: Counter[str]
) -> list[tuple[Episode, bool]]:
    assert expert.strategy.select_trajectories is not None
    found = expert.strategy.select_trajectories(trajectories, expert)
    selected = list(found) if isinstance(found, Sequence) else []
    given = {id(episode) for episode in trajectories}
    if (
        not isinstance(found, Sequence)
        or any(id(episode) not in given for episode in selected)
        or len({*map(id, selected)}) < len(selected)
    ):
        raise StrategyError(
            f"select_trajectories of strategy {expert.strategy.label!r} returned {_shown(found)}; expected a "
            f"list of some of the {len(given)} episodes that it was given, each once, as they are"
        )
    dropped["beyond_limit"] += _turns(trajectories) - _turns(selected)
    return [(episode, False) for episode in selected]


def _shown(found: object) -> str:
    return f"{len(found)} episodes" if isinstance(found, Sequence) else type(found).__name__


def _turns(episodes: Iterable[Episode]) -> int:
    return sum(len(episode.turns) for episode in episodes)


def _histories(
    selected: Sequence[tuple[Episode, bool]], strategy: Strategy, dropped: Counter[str]
) -> list[tuple[State, bool]]:
    """Their histories; if the expert chooses by history, each once."""
    every = [(state, keeps_own) for episode, keeps_own in selected for state in episode_states([episode])]
    if strategy.target != "state_best":
        return every
    first = {state.history_id: (state, keeps_own) for state, keeps_own in reversed(every)}
    dropped["same_state"] += len(every) - len(first)
    return list(first.values())


def _order(episode: Episode, expert: Expert) -> tuple[bool, float, int, int]:
    """Failing trajectories first, whose histories are the ones to learn recovery from, then by the verifier's score.

    With `histories = "top"` by score alone. What a strategy does not weigh, oracle or verifier, it does not ask here.
    """
    top = expert.strategy.histories == "top"
    score = expert.score(final_state(episode)) if top or expert.strategy.verifier_weight else 0.0
    solved = expert.asks_oracle and not top and final_state(episode).correct
    return solved, -score, -episode.iteration, episode.sample


def _row(history: State, target: Target, name: str) -> Row:
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
    solved = any(state.correct for state in episode_states(episodes))
    return {
        "problems": 1,
        "problems_with_examples": int(bool(examples)),
        "problems_unsolved": int(not examples and not solved),
        "problems_without_usable_trajectory": int(not examples and solved),
        "episodes": len(episodes),
        **{f"episodes_masked_{why}": sum(one.masked == why for one in episodes) for why in get_args(MaskReason)},
        "histories": _turns(episodes),
        "examples": len(examples),
        "examples_from_reference": sum(not row["target_episode"] for row in examples),
        **{reason: dropped[reason.removeprefix("dropped_")] for reason in DROPPED},
    }
