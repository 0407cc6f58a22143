"""Selecting among the answers of one turn: what the selector must know of them is asked for first."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from actors.search.episode import Answer
from actors.search.levels import SearchLevel
from actors.search.plan import SearchPlan
from actors.search.request_cache import RequestCache
from actors.search.selection import digest_behaviour, ends_search, keep_best, passes_public_tests
from actors.search.selector import Selector
from actors.search.selectors import SELECTORS
from sandbox.problem import Suite
from sandbox.verdict import Outcome, Verdict


class LevelSelector:
    """Of one plan on one problem; waits for the judge and the scorer. `broken`: the sandbox failed a probe.

    `observed`: a plan that is played on the same samples compares behaviours, so one that judges all records them.
    """

    def __init__(self, cache: RequestCache, plan: SearchPlan, prompt: str, observed: bool = False) -> None:
        self.cache, self.plan, self.prompt, self.observed = cache, plan, prompt, observed
        self.selector: Selector = SELECTORS[plan.selector]
        self.broken = False
        if self.selector.needs_scores and cache.services.scorer is None:
            raise ValueError(f"selector {plan.selector!r} ranks by the verifier's scores, but there is no scorer")

    async def select_answers(self, level: SearchLevel, failed: frozenset[str | None]) -> None:
        """Keep the best by the selector's order; run their public tests; those that end the search come first.

        `failed`: programs that are not kept again.
        """
        await self._learn(level)
        level.kept = keep_best(level.answers, self.selector, level.seeds[0], failed, self.plan.beam)
        await self._judge(level, level.kept, "public")
        if self.plan.stop == "all":
            await self._judge(level, level.kept, "private")
        level.kept.sort(key=lambda index: not ends_search(level.answers[index], self.plan))
        await self._judge(level, range(len(level.answers)) if self.plan.judge_all else level.kept[:1], "private")

    async def _learn(self, level: SearchLevel) -> None:
        """What the selector must know, and all public results and scores if the plan records them."""
        everyone = range(len(level.answers))
        if self.selector.needs_public or self.plan.judge_all:
            await self._judge(level, everyone, "public")
        if self.selector.needs_labels:
            await self._judge(level, everyone, "private")
        if self.selector.needs_behaviour or (self.plan.judge_all and self.observed):
            await self._observe(level)
        if self.selector.needs_scores or (self.plan.judge_all and self.cache.services.scorer is not None):
            scores = await self.cache.scores([(self.prompt, answer.response) for answer in level.answers])
            level.answers = [replace(answer, score=score) for answer, score in zip(level.answers, scores, strict=True)]

    async def _judge(self, level: SearchLevel, which: Sequence[int], suite: Suite) -> None:
        todo = [index for index in which if self._needs(level.answers[index], suite)]
        outcomes = await asyncio.gather(*(self._run(level.answers[i].program, suite) for i in todo))
        for i, outcome in zip(todo, outcomes, strict=True):
            one = level.answers[i]
            level.answers[i] = replace(one, public=outcome) if suite == "public" else replace(one, private=outcome)

    def _needs(self, answer: Answer, suite: Suite) -> bool:
        """Private tests settle a label only if the public ones were passed."""
        if suite == "public":
            return answer.public is None
        return answer.private is None and (passes_public_tests(answer) or self.plan.every_test)

    async def _run(self, program: str | None, suite: Suite) -> Outcome:
        return await self.cache.outcome(program, suite, self.plan.every_test)

    async def _observe(self, level: SearchLevel) -> None:
        """What the programs that pass public tests do on extra inputs, if they are more than one program."""
        programs = [answer.program for answer in level.answers if passes_public_tests(answer)]
        distinct = list(dict.fromkeys(programs))
        if len(distinct) < 2:
            return
        outcomes = await asyncio.gather(*(self.cache.outcome(program, "probes") for program in distinct))
        self.broken |= any(outcome.verdict is Verdict.INFRASTRUCTURE_ERROR for outcome in outcomes)
        found = {program: digest_behaviour(outcome) for program, outcome in zip(distinct, outcomes, strict=True)}
        level.answers = [
            replace(answer, behaviour=found[answer.program]) if passes_public_tests(answer) else answer
            for answer in level.answers
        ]
