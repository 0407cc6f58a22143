"""What the searches of one problem have asked: nothing is sampled, judged or scored twice.

consumes       histories to answer, programs to run, answers to score
waits for      the engine, the judge, the verifier, each for as long as it moves
produces       completions, outcomes and scores
unblocked by   the answer, which later questions get at once, or an error that names problem and sample
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from actors.inference.engine import Completion, Sampling
from actors.inference.watched import WatchedEngine
from actors.prompting.dialogue import REASON_NO_PROGRAM
from actors.prompting.reading import NO_PROGRAM
from actors.scorers.scorer import Pair
from actors.search.answer_memory import AnswerMemory, Request
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome, Verdict, outcome_without_tests

Judge = Callable[..., Awaitable[Outcome]]
"""A coroutine function of (problem, program, suite), and every_test=True if a suite is to be run through."""
AsyncScorer = Callable[[Sequence[Pair]], Awaitable[list[float]]]
"""A coroutine function that scores as `actors.scorers.scorer.Scorer.score_pairs` does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutServices:
    """Who takes part in an episode. Each ends its own calls when it does not move. `memory`: what it has answered."""

    engine: WatchedEngine
    tokenizer: Any
    judge: Judge
    scorer: AsyncScorer | None = None
    max_context: int = 512
    memory: AnswerMemory = field(default_factory=AnswerMemory)


class RequestCache:
    """One problem's samples, outcomes and scores, by what they answer.

    The sandbox pool remembers outcomes too, for all problems of its machine. This cache spares the way there, and joins
    equal questions that are still under way. `stranger`: the other problem that foreign feedback tells of.
    """

    def __init__(
        self, services: RolloutServices, problem: Problem, sample: int, stranger: Problem | None = None
    ) -> None:
        self.services, self.problem, self.sample, self.stranger = services, problem, sample, stranger
        self._completions: dict[Request, list[Completion]] = {}
        self._outcomes: dict[tuple[str, Suite, bool], asyncio.Future[Outcome]] = {}
        self._scores: dict[tuple[str, str], float] = {}

    async def complete(self, prompt_ids: Sequence[int], sampling: Sampling, turn: int) -> list[Completion]:
        """`sampling.n` continuations; the first of a wider request for the same, if there was one.

        `turn` (from 1) is for messages only. Raises AnswerLost or EngineError.
        """
        engine, memory = self.services.engine, self.services.memory
        request = Request.of(engine.policy_id, prompt_ids, sampling)
        known = self._completions.get(request) or memory.recall(request)
        if len(known) < sampling.n:
            # Continuation k has the seed `seed + k`: what is lacking begins where the known ones end.
            lacking = replace(sampling, n=sampling.n - len(known), seed=sampling.seed + len(known))
            what = f"the answer to {self._name}, turn {turn}"
            known = [*known, *await engine.generate(prompt_ids, lacking, what)]
            memory.keep(request, known)
        self._completions[request] = known
        return known[: sampling.n]

    async def outcome(self, program: str | None, suite: Suite, every_test: bool = False) -> Outcome:
        """What `suite` says of a program, to its first failing test or through. It is run once; an infrastructure
        failure is forgotten.
        """
        if program is None:
            return Outcome(verdict=Verdict.COMPILE_ERROR, message=NO_PROGRAM, reason=REASON_NO_PROGRAM)
        if suite == "private" and self.problem.public_tests and not self.problem.private_tests:
            return outcome_without_tests("private", public_suffices=True)
        key = (program, suite, every_test)
        options = {"every_test": True} if every_test else {}
        if key not in self._outcomes:
            self._outcomes[key] = asyncio.ensure_future(self.services.judge(self.problem, program, suite, **options))
        outcome = await self._outcomes[key]
        if outcome.verdict is Verdict.INFRASTRUCTURE_ERROR:
            self._outcomes.pop(key, None)
        return outcome

    async def scores(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """The verifier's logit of each (first prompt, response)."""
        new = [pair for pair in dict.fromkeys(pairs) if pair not in self._scores]
        if new:
            assert self.services.scorer is not None
            scores = await self.services.scorer(new)
            self._scores.update(zip(new, scores, strict=True))
        return [self._scores[pair] for pair in pairs]

    @property
    def _name(self) -> str:
        return f"problem {self.problem.problem_id}, sample {self.sample}"
