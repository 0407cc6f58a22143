"""Answers that a generator has sampled, for later searches that ask the same of the same policy.

Runs of a study often begin alike: with other feedback, or at another N, the first turn is the same. What a policy
answers to a request depends on the request alone, so it is sampled once for all stages that one generator plays.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from actors.inference.engine import Completion, Sampling


@dataclass(frozen=True, slots=True)
class Request:
    """What answers depend on, apart from how many there are."""

    policy_id: str
    prompt_ids: tuple[int, ...]
    sampling: Sampling

    @classmethod
    def of(cls, policy_id: str, prompt_ids: Sequence[int], sampling: Sampling) -> "Request":
        return cls(policy_id, tuple(prompt_ids), replace(sampling, n=1))


class AnswerMemory:
    """The answers to the requests that were asked or repeated last, at most `most` answers together; 0 keeps none."""

    def __init__(self, most: int = 0) -> None:
        self._most, self._held = most, 0
        self._answers: OrderedDict[Request, list[Completion]] = OrderedDict()

    def recall(self, request: Request) -> list[Completion]:
        """Those to continuations 0, 1, … that are known; [] if none is."""
        if request in self._answers:
            self._answers.move_to_end(request)
        return self._answers.get(request, [])

    def keep(self, request: Request, answers: list[Completion]) -> None:
        """All that are known to a request now."""
        self._held += len(answers) - len(self._answers.pop(request, []))
        self._answers[request] = answers
        while self._held > self._most:
            _, oldest = self._answers.popitem(last=False)
            self._held -= len(oldest)
