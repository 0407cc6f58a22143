"""How an episode is sampled: N answers to each kept history, the best kept, public tests, feedback, again.

    consumes       a problem and a plan (or several plans, which then share what they sample)
    waits for      the request cache: the engine's answers, the judge's outcomes, the verifier's scores
    produces       one Episode per plan, whatever the program did; infrastructure failures mark it
    unblocked by   the answer, or a deadline's error, which names problem and sample

An episode is one coroutine and shares nothing with those of other problems, so no turn waits for another's.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from actors.inference.engine import Completion, Sampling
from actors.prompting.chat_template import prompt_ids
from actors.prompting.dialogue import build_dialogue
from actors.search.episode import Answer, Episode, Turn
from actors.search.plan import SearchPlan, episode_id, turn_seed
from actors.search.request_cache import RequestCache, RolloutServices
from actors.search.selection import (
    digest_behaviour,
    ends_search,
    is_infrastructure_failure,
    keep_best,
    passes_public_tests,
)
from actors.search.selectors import SELECTORS, Selector
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome

MIN_ANSWER_TOKENS = 16
"""A history that leaves less room than this (or than the plan's max_tokens) is not continued."""


def episode_ending(episode: Episode, plan: SearchPlan) -> str:
    """Why an episode ended: "infrastructure", "passed", "turns" or "context" (no room for another answer)."""
    if episode.infrastructure:
        return "infrastructure"
    if episode.turns and ends_search(episode.turns[-1].answer, plan):
        return "passed"
    return "turns" if len(episode.turns) == plan.turns else "context"


async def play_episodes(
    services: RolloutServices,
    plans: Sequence[SearchPlan],
    problem: Problem,
    sample: int,
    *,
    iteration: int = 0,
    verifier_id: str = "",
) -> list[Episode]:
    """One episode per plan, each as it would be played alone, for less: equal histories are sampled once.

    Raises DeadlineError or EngineError; sandbox failures come back in the episode.

    Continuation k of a request depends on its seed and k, and the seed on the history; so a narrower search takes
    the first answers of a wider one's wherever their histories agree. The widest plans are played first.
    `verifier_id` is recorded if scores are.
    """
    cache = RequestCache(services, problem, sample)
    episodes: dict[int, Episode] = {}
    for number in sorted(range(len(plans)), key=lambda number: -plans[number].width):
        plan = plans[number]
        scored = verifier_id if SELECTORS[plan.selector].needs_scores or plan.judge_all or len(plans) == 1 else ""
        episodes[number] = await _Search(cache, plan, iteration, scored).play()
    return [episodes[number] for number in range(len(plans))]


@dataclass(frozen=True, slots=True, kw_only=True)
class _History:
    """A chat that waits for its next answer; `place` is that of its last answer among those kept in its turn."""

    messages: tuple[dict[str, str], ...]
    place: int = 0


@dataclass(slots=True, kw_only=True)
class _Level:
    """One turn of all histories: answers, which history each continues, which are kept (best first), what they hear."""

    answers: list[Answer]
    parents: list[int]
    histories: list[_History]
    seeds: list[int]
    prompt_tokens: list[int]
    kept: list[int] = field(default_factory=list)
    feedback: dict[int, str] = field(default_factory=dict)
    sample_s: float = 0.0
    judge_s: float = 0.0

    def turn(self, chosen: int) -> Turn:
        return Turn(
            answers=tuple(self.answers),
            chosen=chosen,
            feedback=self.feedback.get(chosen, ""),
            prompt_tokens=sum(self.prompt_tokens),
            seed=self.seeds[self.parents[chosen]],
            sample_s=self.sample_s,
            judge_s=self.judge_s,
            kept=tuple(self.kept),
            parents=tuple(self.histories[parent].place for parent in self.parents),
        )


class _Search:
    """One plan played on one problem."""

    def __init__(self, cache: RequestCache, plan: SearchPlan, iteration: int, verifier_id: str) -> None:
        self.cache, self.plan, self.problem = cache, plan, cache.problem
        self.iteration, self.verifier_id = iteration, verifier_id
        self.policy_id = cache.services.engine.policy_id
        self.dialogue = build_dialogue(plan.style, plan.feedback, plan.show_tests)
        self.selector: Selector = SELECTORS[plan.selector]
        self.prompt = self.dialogue.first_prompt(self.problem)
        self.levels: list[_Level] = []
        self.broken = False
        if self.selector.needs_scores and cache.services.scorer is None:
            raise ValueError(f"selector {plan.selector!r} ranks by the verifier's scores, but there is no scorer")

    async def play(self) -> Episode:
        """Turn after turn, until a kept program passes its tests, or turns or room end."""
        histories = [_History(messages=({"role": "user", "content": self.prompt},))]
        while histories and len(self.levels) < self.plan.turns:
            level = await self._sample(histories)
            if level is None:
                break
            self.levels.append(level)
            started = time.monotonic()
            await self._select(level)
            level.judge_s = time.monotonic() - started
            self.broken = self.broken or any(map(is_infrastructure_failure, level.answers))
            ended = ends_search(level.answers[level.kept[0]], self.plan)
            over = self.broken or ended or len(self.levels) == self.plan.turns
            histories = [] if over else self._continued(level)
        return self._episode()

    # ---- sampling -------------------------------------------------------------------------------------------------

    async def _sample(self, histories: list[_History]) -> _Level | None:
        """Answers to every history that leaves room for one; None if none does."""
        started = time.monotonic()
        services, plan = self.cache.services, self.plan
        ids = [prompt_ids(services.tokenizer, history.messages) for history in histories]
        least = min(MIN_ANSWER_TOKENS, plan.max_tokens)
        open_ones = [n for n in range(len(histories)) if services.max_context - len(ids[n]) >= least]
        if not open_ones:
            return None
        level = _Level(
            answers=[],
            parents=[],
            histories=[histories[n] for n in open_ones],
            seeds=[self._seed(histories[n]) for n in open_ones],
            prompt_tokens=[len(ids[n]) for n in open_ones],
        )
        found = await asyncio.gather(
            *(self._complete(ids[n], seed) for n, seed in zip(open_ones, level.seeds, strict=True))
        )
        for parent, completions in enumerate(found):
            level.answers += map(self._answer, completions)
            level.parents += [parent] * len(completions)
        level.sample_s = time.monotonic() - started
        return level

    def _seed(self, history: _History) -> int:
        return turn_seed(self.policy_id, self.plan, self.problem.problem_id, self.cache.sample, history.messages)

    async def _complete(self, ids: list[int], seed: int) -> list[Completion]:
        plan = self.plan
        sampling = Sampling(
            n=plan.width,
            temperature=plan.temperature,
            top_p=plan.top_p,
            max_tokens=min(plan.max_tokens, self.cache.services.max_context - len(ids)),
            seed=seed,
            read_cache=not plan.alone,
        )
        return await self.cache.complete(ids, sampling, turn=len(self.levels) + 1)

    def _answer(self, completion: Completion) -> Answer:
        return Answer(
            response=completion.text,
            program=self.dialogue.program(completion.text, self.problem),
            finish_reason=completion.finish_reason,
            tokens=len(completion.token_ids),
        )

    # ---- selection ------------------------------------------------------------------------------------------------

    async def _select(self, level: _Level) -> None:
        """Keep the best by the selector's order; run their public tests; those that end the search come first."""
        await self._learn(level)
        level.kept = keep_best(level.answers, self.selector, level.seeds[0], self._failed(), self.plan.beam)
        await self._judge(level, level.kept, "public")
        if self.plan.stop == "all":
            await self._judge(level, level.kept, "private")
        level.kept.sort(key=lambda index: not ends_search(level.answers[index], self.plan))
        await self._judge(level, range(len(level.answers)) if self.plan.judge_all else level.kept[:1], "private")

    async def _learn(self, level: _Level) -> None:
        """What the selector must know, and all public results and scores if the plan records them."""
        everyone = range(len(level.answers))
        if self.selector.needs_public or self.plan.judge_all:
            await self._judge(level, everyone, "public")
        if self.selector.needs_labels:
            await self._judge(level, everyone, "private")
        if self.selector.needs_behaviour:
            await self._observe(level)
        if self.selector.needs_scores or (self.plan.judge_all and self.cache.services.scorer is not None):
            scores = await self.cache.scores([(self.prompt, answer.response) for answer in level.answers])
            level.answers = [replace(answer, score=score) for answer, score in zip(level.answers, scores, strict=True)]

    async def _judge(self, level: _Level, which: Sequence[int], suite: Suite) -> None:
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

    async def _observe(self, level: _Level) -> None:
        """What the programs that pass public tests do on extra inputs, if they are more than one program."""
        programs = [answer.program for answer in level.answers if passes_public_tests(answer)]
        distinct = list(dict.fromkeys(programs))
        if len(distinct) < 2:
            return
        outcomes = await asyncio.gather(*(self.cache.outcome(program, "probes") for program in distinct))
        self.broken |= any(outcome.label is None for outcome in outcomes)
        found = {program: digest_behaviour(outcome) for program, outcome in zip(distinct, outcomes, strict=True)}
        level.answers = [
            replace(answer, behaviour=found[answer.program]) if passes_public_tests(answer) else answer
            for answer in level.answers
        ]

    def _failed(self) -> frozenset[str | None]:
        """Programs that the rule of no repetition keeps from being chosen again."""
        if not self.plan.no_repeat:
            return frozenset()
        return frozenset(level.answers[index].program for level in self.levels for index in level.kept)

    # ---- histories ------------------------------------------------------------------------------------------------

    def _continued(self, level: _Level) -> list[_History]:
        """The kept histories with their answers and what they are told."""
        histories = []
        for place, index in enumerate(level.kept):
            answer = level.answers[index]
            assert answer.public is not None
            level.feedback[index] = self.dialogue.feedback(self.problem, answer.public)
            said = {"role": "assistant", "content": answer.response}
            told = {"role": "user", "content": level.feedback[index]}
            messages = (*level.histories[level.parents[index]].messages, said, told)
            histories.append(_History(messages=messages, place=place))
        return histories

    def _episode(self) -> Episode:
        """The way to the final answer: the first kept one of the last turn, and those that it continues."""
        turns: list[Turn] = []
        place = 0
        for level in reversed(self.levels):
            chosen = level.kept[place]
            turns.insert(0, level.turn(chosen))
            place = level.histories[level.parents[chosen]].place
        return Episode(
            episode_id=episode_id(self.policy_id, self.verifier_id, self.plan, self.problem, self.cache.sample),
            problem_id=self.problem.problem_id,
            iteration=self.iteration,
            policy_id=self.policy_id,
            verifier_id=self.verifier_id,
            selector=self.plan.selector,
            sample=self.cache.sample,
            prompt=self.prompt,
            turns=tuple(turns),
            infrastructure=self.broken,
            width=self.plan.width,
            beam=self.plan.beam,
        )
