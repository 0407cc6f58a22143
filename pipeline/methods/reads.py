"""Which scores relabelling reads, so that a new verifier is asked about these answers only.

Rule by rule as `relabel` and `Expert` read them. What is left out decides nothing: answers that no bound chooses among,
wrong ones where right ones come first, and what stands alone. An answer that is read and has no score counts as the
lowest of its problem, which asks for all of them.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

from actors.search.episode import Episode
from actors.storage.checkpoint import CheckpointError
from pipeline.methods.relabel import usable_trajectories
from pipeline.methods.states import State, episode_states, final_state
from pipeline.methods.strategies import Strategy

Text = tuple[str, str]
"""First prompt and response: what a verifier reads of an answer."""


def text_of(state: State) -> Text:
    return state.episode.prompt, state.answer.response


def judged_answers(episodes: Sequence[Episode]) -> list[State]:
    return [state for state in episode_states(episodes) if state.answer.label is not None]


def score_texts(
    problems: Sequence[Sequence[Episode]], strategy: Strategy | None, ask: Callable[[Sequence[Text]], Sequence[float]]
) -> dict[Text, float]:
    """Scores by `ask` of the answers to `problems` that relabelling by `strategy` reads; None: of every judged one.

    `ask` is called once, and again if an answer that is read has no score (NaN).
    """
    if strategy is not None:
        with suppress(CheckpointError):  # none of those could be read, which few may have in common by chance
            return _score_read(problems, strategy, ask)
    return _ask((text_of(state) for episodes in problems for state in judged_answers(episodes)), {}, ask)


def _score_read(
    problems: Sequence[Sequence[Episode]], strategy: Strategy, ask: Callable[[Sequence[Text]], Sequence[float]]
) -> dict[Text, float]:
    reads = [(episodes, answers_read(episodes, strategy)) for episodes in problems]
    reads = [(episodes, judged_answers(episodes) if read is None else read) for episodes, read in reads]
    scores = _ask((text_of(state) for _, read in reads for state in read or ()), {}, ask)
    lacking = [one for one, read in reads if any(math.isnan(scores[text_of(state)]) for state in read or ())]
    return _ask((text_of(state) for episodes in lacking for state in judged_answers(episodes)), scores, ask)


def _ask(
    texts: Iterable[Text], known: Mapping[Text, float], ask: Callable[[Sequence[Text]], Sequence[float]]
) -> dict[Text, float]:
    """`known` and the scores of the others, each asked for once."""
    asked = [text for text in dict.fromkeys(texts) if text not in known]
    return {**known, **(dict(zip(asked, ask(asked), strict=True)) if asked else {})}


def answers_read(episodes: Sequence[Episode], strategy: Strategy) -> list[State] | None:
    """The answers to one problem whose scores may decide what relabelling makes of it; None: it may be any.

    `strategy` leaves nothing open.
    """
    if not strategy.trains:
        return []
    if reads_any(strategy):
        return None
    trajectories = list(usable_trajectories(episodes, strategy.turns, Counter()))
    read = [*_read_by_order(trajectories, strategy), *_read_by_choice(trajectories, strategy)]
    return None if any(state.answer.label is None for state in read) else read


def reads_any(strategy: Strategy) -> bool:
    """Whether every score may count: for a function of a stranger, or in the weight of every target."""
    functions = strategy.select_trajectories is not None or strategy.choose_target is not None
    weighs = strategy.weight == "score" and bool(strategy.verifier_weight)
    return functions or weighs or (strategy.oracle_weight or 0) < 0


def _read_by_order(trajectories: Sequence[Episode], strategy: Strategy) -> list[State]:
    """Last answers of the trajectories among which a bound has to choose (relabel._order)."""
    top = strategy.histories == "top"
    if not (top or strategy.verifier_weight):
        return []
    finals = [final_state(episode) for episode in trajectories]
    solved = [state for state in finals if state.correct]
    failing = [state for state in finals if not state.correct and strategy.histories != "solved"]
    if strategy.target == "state_best":  # of equal histories the first in order is kept
        return [*failing, *solved]
    if not isinstance(strategy.trajectories, int):
        return []
    groups = [failing, solved] if strategy.oracle_weight and not top else [[*failing, *solved]]
    left = strategy.trajectories
    for group in groups:
        if 0 < left < len(group):
            return group
        left -= len(group)
    return []


def _read_by_choice(trajectories: Sequence[Episode], strategy: Strategy) -> list[State]:
    """Candidates that could be the best ones (Expert.rank)."""
    if strategy.target not in ("best", "state_best"):
        return []
    judged = [state for state in episode_states(trajectories) if state.label is not None]
    if strategy.candidates == "final":
        judged = [state for state in judged if state.turn == len(state.episode.turns) - 1]
    groups = _grouped(judged, lambda state: state.history_id if strategy.target == "state_best" else "")
    return [state for group in groups.values() for state in _contenders(group, strategy)]


def _contenders(group: Sequence[State], strategy: Strategy) -> Sequence[State]:
    right = [state for state in group if state.correct]
    if strategy.oracle_weight and not right and strategy.unsolved != "best_wrong":
        return []
    right_first = strategy.ranking == "correct_first" or not strategy.verifier_weight
    chosen = right if right and strategy.oracle_weight and right_first else group
    if len({text_of(state) for state in chosen}) < 2:  # equal answers have equal scores, and the first is taken
        return []
    return chosen if strategy.verifier_weight else chosen[:1]  # of equal values the first that has a score


def _grouped(states: Iterable[State], key: Callable[[State], str]) -> Mapping[str, Sequence[State]]:
    found: dict[str, list[State]] = {}
    for state in states:
        found.setdefault(key(state), []).append(state)
    return found
