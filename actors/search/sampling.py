"""Sampling one turn of a search: N answers to each history that leaves room for one."""

import asyncio
import time

from actors.inference.engine import Completion, Sampling
from actors.prompting.chat_template import prompt_ids
from actors.prompting.dialogue import Dialogue
from actors.search.episode import Answer
from actors.search.levels import SearchHistory, SearchLevel
from actors.search.plan import SearchPlan, turn_seed
from actors.search.request_cache import RequestCache

MIN_ANSWER_TOKENS = 16
"""A history that leaves less room than this (or than the plan's max_tokens) is not continued."""


class TurnSampler:
    """Of one plan on one problem; waits for the engine alone."""

    def __init__(self, cache: RequestCache, plan: SearchPlan, dialogue: Dialogue) -> None:
        self.cache, self.plan, self.dialogue = cache, plan, dialogue

    async def sample_turn(self, histories: list[SearchHistory], turn: int) -> SearchLevel | None:
        """Answers to every history that leaves room for one; None if none does."""
        started = time.monotonic()
        services, plan = self.cache.services, self.plan
        beginning = self.dialogue.begun.beginning
        ids = [prompt_ids(services.tokenizer, history.messages, beginning) for history in histories]
        least = min(MIN_ANSWER_TOKENS, plan.max_tokens)
        open_ones = [n for n in range(len(histories)) if services.max_context - len(ids[n]) >= least]
        if not open_ones:
            return None
        level = SearchLevel(
            answers=[],
            parents=[],
            histories=[histories[n] for n in open_ones],
            seeds=[self._seed(histories[n]) for n in open_ones],
            prompt_tokens=[len(ids[n]) for n in open_ones],
        )
        found = await asyncio.gather(
            *(self._complete(ids[n], seed, turn) for n, seed in zip(open_ones, level.seeds, strict=True))
        )
        for parent, completions in enumerate(found):
            level.answers += map(self._answer, completions)
            level.parents += [parent] * len(completions)
        level.sample_s = time.monotonic() - started
        return level

    def _seed(self, history: SearchHistory) -> int:
        policy_id = self.cache.services.engine.policy_id
        return turn_seed(policy_id, self.plan, self.cache.problem.problem_id, self.cache.sample, history.messages)

    async def _complete(self, ids: list[int], seed: int, turn: int) -> list[Completion]:
        plan = self.plan
        sampling = Sampling(
            n=plan.width,
            temperature=plan.temperature,
            top_p=plan.top_p,
            max_tokens=min(plan.max_tokens, self.cache.services.max_context - len(ids)),
            seed=seed,
            stops=self.dialogue.begun.stops,
            read_cache=not plan.alone,
        )
        return await self.cache.complete(ids, sampling, turn=turn)

    def _answer(self, completion: Completion) -> Answer:
        response = self.dialogue.begun.whole(completion.text, cut=completion.finish_reason == "length")
        return Answer(
            response=response,
            program=self.dialogue.program(response, self.cache.problem),
            finish_reason=completion.finish_reason,
            tokens=len(completion.token_ids),
        )
