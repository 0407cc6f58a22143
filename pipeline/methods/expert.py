"""The expert: which answer is the best one for a history.

µCode's (arXiv 2502.20380, eq. 4-5) is y* = argmax over answers found for x of 1.0·R(x, y) + 0.1·R_phi(x, y), for
every history of x. What else may be asked for is a field of `Strategy`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from actors.ids import stable_id
from actors.search.episode import Answer, Episode
from pipeline.methods.strategies import Strategy

Scores = Mapping[tuple[str, int], float]  # (episode_id, turn) -> raw logit


class Place(NamedTuple):
    """An episode and a turn of it (0-based): a history, and the answer given to it."""

    episode: Episode
    turn: int

    @property
    def answer(self) -> Answer:
        return self.episode.turns[self.turn].answer

    @property
    def correct(self) -> bool:
        return self.answer.label is True

    @property
    def key(self) -> tuple[str, int]:
        return self.episode.episode_id, self.turn

    @property
    def state(self) -> str:
        return stable_id(self.episode.messages(self.turn))


class Target(NamedTuple):
    """What a history is trained to answer; `key` says where it was found."""

    key: tuple[str, int]
    text: str
    weight: float


class Expert:
    """Chooses targets for the histories of one problem."""

    def __init__(
        self, trajectories: Sequence[Episode], scores: Scores, strategy: Strategy, reference: str | None
    ) -> None:
        self.strategy, self.scores, self.reference = strategy, scores, reference
        judged = [place for place in places(trajectories) if place.answer.label is not None]
        self.lowest = min((scores[place.key] for place in judged if place.key in scores), default=0.0)
        if strategy.candidates == "final":
            judged = [place for place in judged if place.turn == len(place.episode.turns) - 1]
        self.candidates: dict[str, list[Place]] = {}
        for place in judged:
            self.candidates.setdefault(self._scope(place), []).append(place)

    def target(self, place: Place) -> Target | str:
        """What this history is trained to answer, or the reason why it is not."""
        match self.strategy.target:
            case "own_final":
                return self.taken(final(place.episode))
            case "own_next":
                return self.taken(place)
        return self._choice(self.candidates.get(self._scope(place), []))

    def taken(self, place: Place) -> Target:
        """The answer at `place` as a target."""
        return Target(place.key, place.answer.response, self._example_weight(self.value(place)))

    def score(self, place: Place) -> float:
        """R_phi; an answer that the verifier could not score counts as the lowest."""
        return self.scores.get(place.key, self.lowest)

    def value(self, place: Place) -> float:
        """Eq. 4: oracle_weight·R + verifier_weight·R_phi."""
        return self._weighed(float(place.correct), self.score(place))

    def rank(self, place: Place) -> tuple[bool, float, bool]:
        first = self.asks_oracle and self.strategy.ranking == "correct_first" and place.correct
        return first, self.value(place), place.key in self.scores

    @property
    def asks_oracle(self) -> bool:
        """Whether private verdicts have a say in what is trained on."""
        return bool(self.strategy.oracle_weight)

    def _weighed(self, correct: float, score: float) -> float:
        assert self.strategy.oracle_weight is not None and self.strategy.verifier_weight is not None
        return self.strategy.oracle_weight * correct + self.strategy.verifier_weight * score

    def _scope(self, place: Place) -> str:
        """Answers to the same history compete, or all answers to the problem."""
        return place.state if self.strategy.target == "state_best" else ""

    def _choice(self, candidates: Sequence[Place]) -> Target | str:
        solved = any(place.correct for place in candidates)
        if self.asks_oracle and not solved:
            if self.strategy.unsolved == "reference":
                return self._reference()
            if self.strategy.unsolved == "drop":
                return "unsolved"
        if not candidates:
            return "unsolved"
        return self.taken(max(candidates, key=self.rank))  # max keeps the first of equals

    def _reference(self) -> Target | str:
        if self.reference is None:
            return "no_reference"
        return Target(("", -1), self.reference, self._example_weight(self._weighed(1.0, 0.0)))

    def _example_weight(self, value: float) -> float:
        return math.exp(value) if self.strategy.weight == "score" else 1.0


def places(episodes: Sequence[Episode]) -> Iterator[Place]:
    return (Place(episode, turn) for episode in episodes for turn in range(len(episode.turns)))


def final(episode: Episode) -> Place:
    """Its last answer."""
    return Place(episode, len(episode.turns) - 1)
