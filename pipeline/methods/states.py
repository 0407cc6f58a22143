"""States of an episode, and the targets that they are trained to answer."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol

from actors.ids import stable_id
from actors.search.episode import Answer, Episode

AnswerKey = tuple[str, int]
"""Where an answer is found: (episode_id, turn), turns 0-based."""
AnswerScores = Mapping[AnswerKey, float]
"""The verifier's raw logit by answer."""
DropReason = Literal[
    "infrastructure",
    "unjudged",
    "later_turn",
    "failed_trajectory",
    "beyond_limit",
    "same_state",
    "unsolved",
    "no_reference",
    "seed_dependent",
]
"""Why a history gives no example, in the order in which it is asked."""


class State(NamedTuple):
    """A turn of an episode (0-based): a history, and the answer given to it."""

    episode: Episode
    turn: int

    @property
    def answer(self) -> Answer:
        return self.episode.turns[self.turn].answer

    @property
    def label(self) -> bool | None:
        """Of its answer; None if nothing was learnt: the sandbox failed, or another seed gives another verdict."""
        return None if self.answer.seed_dependent else self.answer.label

    @property
    def correct(self) -> bool:
        return self.label is True

    @property
    def key(self) -> AnswerKey:
        return self.episode.episode_id, self.turn

    @property
    def history_id(self) -> str:
        """Equal for equal histories, whatever the episode."""
        return stable_id(self.episode.messages(self.turn))


class Target(NamedTuple):
    """What a history is trained to answer. `key`: where it was found, ("", -1) for a reference solution; `weight`: of
    its loss."""

    key: AnswerKey
    text: str
    weight: float


class ExpertView(Protocol):
    """What a strategy's own functions may ask the expert of a problem (`pipeline.methods.expert.Expert`)."""

    @property
    def candidates(self) -> Mapping[str, Sequence[State]]:
        """Answers to choose from, by what they compete for: the problem, or a history."""
        ...

    def as_target(self, state: State) -> Target:
        """The answer of a state as a target."""
        ...

    def score(self, state: State) -> float:
        """R_phi; an answer that the verifier could not score counts as the lowest."""
        ...

    def value(self, state: State) -> float:
        """Eq. 4: oracle_weight·R + verifier_weight·R_phi."""
        ...


def episode_states(episodes: Sequence[Episode]) -> Iterator[State]:
    """Every turn of every episode, in order."""
    return (State(episode, turn) for episode in episodes for turn in range(len(episode.turns)))


def final_state(episode: Episode) -> State:
    """The last turn of an episode that has turns."""
    return State(episode, len(episode.turns) - 1)
