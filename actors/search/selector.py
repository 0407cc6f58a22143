"""What a selector is, and what it may know of an answer.

Only a selector that needs labels sees them. The others get `Candidate`, which has no place for a private result, and
have the public result, the score and the behaviour only if their row says that they need it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError


class SelectorError(UserError, ValueError):
    """A selector's function returned what it may not; the message says which, what, and what was expected."""

    exit_status = ENDED_IN_THE_MIDDLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What a selector may know of an answer; `index` is its place among those sampled.

    `score` is the verifier's raw logit. `behaviour` is what the program does on extra inputs, a digest for each in
    their order, with spaces between; None if it was not run on any.
    """

    index: int
    passes_public: bool | None = None
    score: float | None = None
    behaviour: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledCandidate(Candidate):
    """What a selector that needs labels knows besides: whether public and private tests pass."""

    label: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """One way to choose among the answers of a turn.

    rank         (candidates, seed) -> all candidates, best first; equal input and seed give equal output
    label        how tables and figures call it
    description  one sentence for help texts
    needs_*      what it must be shown: public test results, verifier scores, behaviour on extra inputs, labels
    rank_key     (candidate) -> a value; the highest wins. It ranks one answer without looking at the others, so that
                 best-of-N at the first turn can be computed over all choices of N answers. None if there is no such key
    default      whether `mucode eval` uses it if no selectors are named
    evaluated    whether `eval.selectors` may name it
    """

    rank: Callable[[Sequence[Any], int], list[Any]]
    label: str
    description: str
    needs_public: bool = False
    needs_scores: bool = False
    needs_behaviour: bool = False
    needs_labels: bool = False
    rank_key: Callable[[Any], Any] | None = None
    default: bool = False
    evaluated: bool = True

    def ranked(self, candidates: Sequence[Any], seed: int) -> list[Any]:
        """All candidates, best first. Raises SelectorError if `rank` gives anything else."""
        found = self.rank(candidates, seed)
        indices = [getattr(one, "index", None) for one in found] if isinstance(found, Sequence) else []
        if len(indices) != len(candidates) or {*indices} != {one.index for one in candidates}:
            shown = f"{len(found)} things" if isinstance(found, Sequence) else repr(found)
            raise SelectorError(
                f"rank of selector {self.label!r} was given {len(candidates)} candidates and returned {shown}; "
                "expected a list of all that it was given, each once, best first"
            )
        return list(found)

    def view(
        self, index: int, *, passes_public: bool | None, score: float | None, behaviour: str | None, label: bool
    ) -> Candidate:
        """The answer at `index` as this selector may see it."""
        public = passes_public if self.needs_public else None
        seen = score if self.needs_scores else None
        done = behaviour if self.needs_behaviour else None
        if self.needs_labels:
            return LabelledCandidate(index=index, passes_public=public, score=seen, behaviour=done, label=label)
        return Candidate(index=index, passes_public=public, score=seen, behaviour=done)
