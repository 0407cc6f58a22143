"""The expert: which answer is the best one for a history.

µCode's (arXiv 2502.20380, eq. 4-5) is y* = argmax over answers found for x of 1.0·R(x, y) + 0.1·R_phi(x, y), for
every history of x. What else may be asked for is a field of `Strategy`.
"""

import math
from collections.abc import Mapping, Sequence

from actors.search.episode import Episode
from pipeline.methods.states import AnswerScores, DropReason, State, Target, episode_states, final_state
from pipeline.methods.strategies import Strategy


class Expert:
    """Chooses targets for the histories of one problem.

    `reference` is a trusted answer to it, if there is one; `candidates` are the answers to choose from, by what
    they compete for.
    """

    def __init__(
        self, trajectories: Sequence[Episode], scores: AnswerScores, strategy: Strategy, reference: str | None
    ) -> None:
        self.strategy, self.scores, self.reference = strategy, scores, reference
        judged = [state for state in episode_states(trajectories) if state.label is not None]
        self.lowest = min((scores[state.key] for state in judged if state.key in scores), default=0.0)
        if strategy.candidates == "final":
            judged = [state for state in judged if state.turn == len(state.episode.turns) - 1]
        found: dict[str, list[State]] = {}
        for state in judged:
            found.setdefault(self._competition(state), []).append(state)
        self.candidates: Mapping[str, Sequence[State]] = found

    def target(self, state: State) -> Target | DropReason:
        """What this history is trained to answer, or the reason why it is not."""
        if self.strategy.choose_target is not None:
            return self.strategy.choose_target(state, self)
        match self.strategy.target:
            case "own_final":
                return self.as_target(final_state(state.episode))
            case "own_next":
                return self.as_target(state)
        return self._best(self.candidates.get(self._competition(state), []))

    def as_target(self, state: State) -> Target:
        """The answer of a state as a target."""
        return Target(state.key, state.answer.response, self._loss_weight(self.value(state)))

    def score(self, state: State) -> float:
        """R_phi; an answer that the verifier could not score counts as the lowest."""
        return self.scores.get(state.key, self.lowest)

    def value(self, state: State) -> float:
        """Eq. 4: oracle_weight·R + verifier_weight·R_phi."""
        return self._weighted_sum(float(state.correct), self.score(state))

    def rank(self, state: State) -> tuple[bool, float, bool]:
        """The largest is the best; of equals the first found."""
        first = self.asks_oracle and self.strategy.ranking == "correct_first" and state.correct
        return first, self.value(state), state.key in self.scores

    @property
    def asks_oracle(self) -> bool:
        """Whether private verdicts have a say in what is trained on."""
        return bool(self.strategy.oracle_weight)

    def _weighted_sum(self, correct: float, score: float) -> float:
        assert self.strategy.oracle_weight is not None and self.strategy.verifier_weight is not None
        return self.strategy.oracle_weight * correct + self.strategy.verifier_weight * score

    def _competition(self, state: State) -> str:
        """Answers to the same history compete, or all answers to the problem."""
        return state.history_id if self.strategy.target == "state_best" else ""

    def _best(self, candidates: Sequence[State]) -> Target | DropReason:
        solved = any(state.correct for state in candidates)
        if self.asks_oracle and not solved:
            if self.strategy.unsolved == "reference":
                return self._reference_target()
            if self.strategy.unsolved == "drop":
                return "unsolved"
        if not candidates:
            return "unsolved"
        return self.as_target(max(candidates, key=self.rank))  # max keeps the first of equals

    def _reference_target(self) -> Target | DropReason:
        if self.reference is None:
            return "no_reference"
        return Target(("", -1), self.reference, self._loss_weight(self._weighted_sum(1.0, 0.0)))

    def _loss_weight(self, value: float) -> float:
        return math.exp(value) if self.strategy.weight == "score" else 1.0
