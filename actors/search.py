"""How an episode is sampled: N answers per turn, one chosen, public tests, feedback, again.

    consumes       a problem and a plan
    waits for      the engine (answers), the judge (outcomes), the verifier (scores); each with a deadline
    produces       one Episode, whatever the program did; infrastructure failures mark it
    unblocked by   the answer, or the deadline's error, which names problem, sample and turn

An episode is one coroutine and shares nothing with others, so no turn waits for another episode's turn.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from actors.chat import prompt_ids
from actors.deadline import within
from actors.dialogue import NO_PROGRAM, dialogue
from actors.engine import Completion, Engine, Sampling
from actors.episode import Answer, Episode, Turn, stable_id, stable_seed
from actors.selectors import SELECTORS, Candidate, LabelledCandidate, Selector
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome, Verdict

Judge = Callable[[Problem, str, Suite], Awaitable[Outcome]]
Scorer = Callable[[Sequence[tuple[str, str]]], Awaitable[list[float]]]
"""Raw verifier logits of (first prompt, response) pairs."""

MIN_ANSWER_TOKENS = 16
"""An episode whose history leaves less room than this (or than the plan's max_tokens) ends there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlan:
    """The sampling identity of episodes: every field changes what is sampled or recorded.

    `judge_all` judges every answer on public and private tests (best-of-N curves, oracle gaps); it never changes
    what is chosen. `no_repeat`: an answer whose program already failed in this history is not chosen if another exists.
    `stop`: an episode ends at the first pass of the public tests, or only of all tests, as an oracle would end it.
    """

    turns: int = 3
    width: int = 1
    selector: str = "first"
    temperature: float = 0.8
    top_p: float = 1.0
    max_tokens: int = 256
    seed: int = 0
    no_repeat: bool = False
    judge_all: bool = False
    style: str = "bare"
    feedback: str = "values"
    show_tests: bool = True
    stop: Literal["public", "all"] = "public"

    def __post_init__(self) -> None:
        if self.selector not in SELECTORS:
            raise ValueError(f"no selector {self.selector!r}; there are {', '.join(SELECTORS)}")
        dialogue(self.style, self.feedback, self.show_tests)
        if self.turns < 1 or self.width < 1 or self.max_tokens < 1:
            raise ValueError(f"turns, width and max_tokens must be at least 1: {self}")
        if self.temperature == 0 and self.width > 1:
            raise ValueError(f"temperature 0 gives one answer, not {self.width}; use width 1 or a temperature above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Some problems × samples: the work of one committed part, whose number is `part`."""

    part: int
    problems: tuple[Problem, ...]
    samples: range

    def __len__(self) -> int:
        return len(self.problems) * len(self.samples)

    def __repr__(self) -> str:
        ids = f"{self.problems[0].problem_id}…{self.problems[-1].problem_id}" if self.problems else "nothing"
        return f"shard {self.part} ({len(self.problems)} problems {ids}, samples {self.samples})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Players:
    """Who takes part in an episode, and how long each may take per call."""

    engine: Engine
    tokenizer: Any
    judge: Judge
    scorer: Scorer | None = None
    max_context: int = 512
    turn_deadline_s: float = 600.0


def episode_id(policy_id: str, verifier_id: str, plan: SearchPlan, problem: Problem, sample: int) -> str:
    """The same for the same samples of the same weights, wherever and in whatever run they are drawn."""
    return stable_id(policy_id, verifier_id, asdict(plan), problem.digest(), sample)


def turn_seed(
    policy_id: str, plan: SearchPlan, problem_id: str, sample: int, messages: Sequence[dict[str, str]]
) -> int:
    """Equal histories ask for equal answers whatever the selector (common random numbers)."""
    turn = len(messages) // 2
    return stable_seed(policy_id, plan.seed, problem_id, sample, stable_id(list(messages)), turn)


def ending(episode: Episode, plan: SearchPlan) -> str:
    """Why an episode ended: "infrastructure", "passed", "turns" or "context" (no room for another answer)."""
    if episode.infrastructure:
        return "infrastructure"
    if episode.turns and _passed(episode.turns[-1].answer, plan):
        return "passed"
    return "turns" if len(episode.turns) == plan.turns else "context"


async def play_episode(
    players: Players, plan: SearchPlan, problem: Problem, sample: int, *, iteration: int = 0, verifier_id: str = ""
) -> Episode:
    """Play one episode to its end. Raises DeadlineError or EngineError; sandbox failures come back in the episode."""
    game = _Game(players, plan, problem, sample)
    turns: list[Turn] = []
    episode = Episode(
        episode_id=episode_id(game.policy_id, verifier_id, plan, problem, sample),
        problem_id=problem.problem_id,
        iteration=iteration,
        policy_id=game.policy_id,
        verifier_id=verifier_id,
        selector=plan.selector,
        sample=sample,
        prompt=game.prompt,
        turns=(),
        infrastructure=False,
    )
    while len(turns) < plan.turns:
        episode = replace(episode, turns=tuple(turns))
        turn = await game.play_turn(episode.messages(len(turns)), turns)
        if turn is None:
            break
        public = turn.answer.public
        failed_for_good = any(_is_infrastructure(answer) for answer in turn.answers)
        over = failed_for_good or public is None or _passed(turn.answer, plan) or len(turns) + 1 == plan.turns
        if not over and public is not None:
            turn = replace(turn, feedback=game.dialogue.feedback(problem, public))
        turns.append(turn)
        if over:
            return replace(episode, turns=tuple(turns), infrastructure=failed_for_good)
    return replace(episode, turns=tuple(turns))


def _passed(answer: Answer, plan: SearchPlan) -> bool:
    """Whether this answer ends its episode."""
    return answer.label is True if plan.stop == "all" else answer.public is not None and answer.public.accepted


def _is_infrastructure(answer: Answer) -> bool:
    outcomes = (answer.public, answer.private)
    return any(outcome is not None and outcome.label is None for outcome in outcomes)


class _Game:
    """One episode's constants, and the steps of a turn."""

    def __init__(self, players: Players, plan: SearchPlan, problem: Problem, sample: int) -> None:
        self.players, self.plan, self.problem, self.sample = players, plan, problem, sample
        self.policy_id = players.engine.policy_id
        self.dialogue = dialogue(plan.style, plan.feedback, plan.show_tests)
        self.selector: Selector = SELECTORS[plan.selector]
        self.prompt = self.dialogue.first_prompt(problem)
        if self.selector.scores and players.scorer is None:
            raise ValueError(f"selector {plan.selector!r} ranks by the verifier's scores, but there is no scorer")

    async def play_turn(self, messages: list[dict[str, str]], past: Sequence[Turn]) -> Turn | None:
        """One turn without its feedback; None where the history leaves no room for an answer."""
        ids = prompt_ids(self.players.tokenizer, messages)
        room = self.players.max_context - len(ids)
        if room < min(MIN_ANSWER_TOKENS, self.plan.max_tokens):
            return None
        seed = turn_seed(self.policy_id, self.plan, self.problem.problem_id, self.sample, messages)
        started = time.monotonic()
        completions = await self._sample(ids, room, seed, turn=len(past) + 1)
        sampled = time.monotonic()
        answers = [self._answer(completion) for completion in completions]
        answers = await self._before_choice(answers)
        chosen = choose(answers, self.selector, seed, self._failed(past))
        answers = await self._after_choice(answers, chosen)
        return Turn(
            answers=tuple(answers),
            chosen=chosen,
            feedback="",
            prompt_tokens=len(ids),
            seed=seed,
            sample_s=sampled - started,
            judge_s=time.monotonic() - sampled,
        )

    async def _sample(self, ids: list[int], room: int, seed: int, turn: int) -> list[Completion]:
        plan = self.plan
        sampling = Sampling(
            n=plan.width,
            temperature=plan.temperature,
            top_p=plan.top_p,
            max_tokens=min(plan.max_tokens, room),
            seed=seed,
        )
        what = f"the engine's answer to problem {self.problem.problem_id}, sample {self.sample}, turn {turn}"
        return await within(self.players.turn_deadline_s, what, self.players.engine.generate(ids, sampling))

    def _answer(self, completion: Completion) -> Answer:
        return Answer(
            response=completion.text,
            program=self.dialogue.program(completion.text, self.problem),
            finish_reason=completion.finish_reason,
            tokens=len(completion.token_ids),
        )

    def _failed(self, past: Sequence[Turn]) -> frozenset[str | None]:
        """Programs that the rule of no repetition keeps from being chosen again."""
        return frozenset(turn.answer.program for turn in past) if self.plan.no_repeat else frozenset()

    async def _before_choice(self, answers: list[Answer]) -> list[Answer]:
        """What the selector must know, and all public results where the plan records them."""
        everyone = range(len(answers))
        if self.selector.public or self.plan.judge_all:
            answers = await self._judge(answers, everyone, "public")
        if self.selector.labels:
            answers = await self._judge(answers, everyone, "private")
        if self.selector.scores:
            assert self.players.scorer is not None
            pairs = [(self.prompt, answer.response) for answer in answers]
            what = f"the verifier's scores for problem {self.problem.problem_id}, sample {self.sample}"
            scores = await within(self.players.turn_deadline_s, what, self.players.scorer(pairs))
            answers = [replace(answer, score=score) for answer, score in zip(answers, scores, strict=True)]
        return answers

    async def _after_choice(self, answers: list[Answer], chosen: int) -> list[Answer]:
        """The chosen answer's public result, then the labels that the episode records."""
        answers = await self._judge(answers, [chosen], "public")
        return await self._judge(answers, range(len(answers)) if self.plan.judge_all else [chosen], "private")

    async def _judge(self, answers: list[Answer], which: Sequence[int], suite: Suite) -> list[Answer]:
        """Run `suite` on those of the answers that need it; what was judged before is never run twice."""
        todo = [i for i in which if _needs(answers[i], suite)]
        outcomes = await asyncio.gather(*(self._run(answers[i].program, suite) for i in todo))
        judged = list(answers)
        for i, outcome in zip(todo, outcomes, strict=True):
            judged[i] = replace(judged[i], public=outcome) if suite == "public" else replace(judged[i], private=outcome)
        return judged

    async def _run(self, program: str | None, suite: Suite) -> Outcome:
        if program is None:
            return Outcome(verdict=Verdict.COMPILE_ERROR, message=NO_PROGRAM)
        return await self.players.judge(self.problem, program, suite)


def _needs(answer: Answer, suite: Suite) -> bool:
    """Private tests settle a label only where the public ones were passed."""
    if suite == "public":
        return answer.public is None
    return answer.private is None and answer.public is not None and answer.public.accepted


def choose(answers: Sequence[Answer], selector: Selector, seed: int, failed: frozenset[str | None]) -> int:
    """Index of the answer that the selector keeps, `failed` programs only where nothing else is left."""
    candidates = [_view(index, answer, selector) for index, answer in enumerate(answers)]
    fresh = [candidate for candidate in candidates if answers[candidate.index].program not in failed]
    return selector.pick(fresh or candidates, stable_seed("select", seed))


def _view(index: int, answer: Answer, selector: Selector) -> Candidate:
    passes = answer.public.accepted if selector.public and answer.public is not None else None
    score = answer.score if selector.scores else None
    if selector.labels:
        return LabelledCandidate(index=index, passes_public=passes, score=score, label=answer.label is True)
    return Candidate(index=index, passes_public=passes, score=score)
