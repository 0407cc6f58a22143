"""Engines and executors that take the time of measured ones, divided by a factor, and compute nothing.

What a run recorded is their script: an answer is drawn from it with its tokens and seconds, and its program has the
outcome that it had. So everything but the model and the boxes is what runs for real: generators, episodes, dialogues,
the client of the executors, journals and parts.
"""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ray

from actors.executor.batching import Question
from actors.executor.client import JudgeClient, RayLane
from actors.generator import Generator
from actors.ids import stable_seed
from actors.inference.engine import Completion, LoadReport, Sampling
from actors.inference.vllm_base import EngineConfig
from actors.search.episode import Episode
from actors.storage.checkpoint import Checkpoint
from actors.storage.parquet import read_rows
from actors.supervision.restart_watch import LifeSign, life_sign
from pipeline.cluster.actor_calls import await_all
from pipeline.cluster.actor_groups import CALLS_PER_ACTOR, ActorGroups
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome, Verdict

MOST_ANSWERS = 2000
"""Of a recorded run, that are drawn from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What was measured. `answers[k]`: text, tokens, how it ended, seconds until it was there; `outcomes`: of its
    program, by suite."""

    answers: tuple[tuple[str, int, str, float], ...]
    outcomes: dict[tuple[str, str], Outcome]

    @property
    def latencies(self) -> list[float]:
        return sorted(seconds for *_, seconds in self.answers)


def read_script(files: Sequence[str]) -> Script:
    """From the episodes of a finished stage of rollouts."""
    answers: list[tuple[str, int, str, float]] = []
    outcomes: dict[tuple[str, str], Outcome] = {}
    for row in read_rows(list(files)):
        for turn in Episode.from_row(row).turns:
            for one in turn.answers:
                answers.append((one.response, one.tokens, one.finish_reason, turn.sample_s))
                for suite, outcome in (("public", one.public), ("private", one.private)):
                    if one.program is not None and outcome is not None:
                        outcomes[one.program, suite] = outcome
    return Script(answers=tuple(answers[:MOST_ANSWERS]), outcomes=outcomes)


class SimulatedEngine:
    """As `Engine`, `speed` times as fast as what was measured. Any number of answers are on their way at once."""

    def __init__(self, script: Script, speed: float) -> None:
        self.script, self.speed = script, speed
        self.policy_id = ""
        self.sampled = self.pending = 0
        self._busy_s, self._since = 0.0, 0.0

    @property
    def busy_s(self) -> float:
        return self._busy_s + (time.monotonic() - self._since if self.pending else 0.0)

    @property
    def moved(self) -> int:
        return self.sampled

    async def generate(self, prompt_ids: Sequence[int], sampling: Sampling) -> list[Completion]:
        draw = random.Random(stable_seed(repr(prompt_ids), sampling.seed))
        drawn = [draw.choice(self.script.answers) for _ in range(sampling.n)]
        if not self.pending:
            self._since = time.monotonic()
        self.pending += sampling.n
        try:
            await asyncio.sleep(max(seconds for *_, seconds in drawn) / self.speed)
        finally:
            self.pending -= sampling.n
            if not self.pending:
                self._busy_s += time.monotonic() - self._since
        self.sampled += sum(tokens for _, tokens, _, _ in drawn)
        return [
            Completion(text=text, token_ids=(0,) * tokens, finish_reason=reason) for text, tokens, reason, _ in drawn
        ]

    async def logprobs(self, token_ids: Sequence[int], *, read_cache: bool = True) -> list[float]:
        return [0.0] * (len(token_ids) - 1)

    async def load(self, checkpoint: Checkpoint) -> LoadReport:
        self.policy_id = checkpoint.policy_id
        return LoadReport(policy_id=checkpoint.policy_id, seconds=0.0, share=1.0, reference=True)

    async def close(self) -> None:
        self.policy_id = ""


class SimulatedExecutor:
    """As `Executor`: a program of the script has its outcome after its seconds of the wall clock."""

    def __init__(self, script: Script, speed: float) -> None:
        self.script, self.speed, self._done = script, speed, 0

    async def ready(self) -> bool:
        return True

    async def judge(self, problem: Problem, program: str, suite: Suite, every_test: bool = False) -> Outcome:
        unknown = Outcome(verdict=Verdict.WRONG_ANSWER, message="not in the script")
        outcome = self.script.outcomes.get((program, suite), unknown)
        await asyncio.sleep(outcome.wall_s / self.speed)
        self._done += 1
        return outcome

    async def judge_many(self, questions: Sequence[Question]) -> list[Outcome | None]:
        return list(await asyncio.gather(*(self.judge(*question) for question in questions)))

    async def status(self) -> dict[str, int]:
        return {"in_flight": 0, "done": self._done}

    async def life(self) -> LifeSign:
        return life_sign(self._done)

    async def close(self) -> None: ...


class SimulatedGenerator(Generator):
    """As `GeneratorActor`, with a simulated engine and the model's own tokenizer."""

    def __init__(self, config: EngineConfig, executors: list[Any], script: Script, speed: float, places: int) -> None:
        from transformers import AutoTokenizer

        super().__init__(
            SimulatedEngine(script, speed),
            AutoTokenizer.from_pretrained(config.checkpoint.path),
            JudgeClient([RayLane(executor) for executor in executors]),
            episodes_in_flight=places,
            max_context=config.max_context,
        )
        self.node_id = ray.get_runtime_context().get_node_id()


class SimulatedGroups(ActorGroups):
    """The run's actors, with simulated generators and executors in the places of the real ones."""

    script: Script
    speed: float

    @cached_property
    def executors(self) -> list[Any]:
        made = ray.remote(SimulatedExecutor).options(num_cpus=0, max_concurrency=CALLS_PER_ACTOR)
        script = ray.put(self.script)
        handles: list[Any] = [made.remote(script, self.speed) for _ in range(self.config.executor.replicas)]
        await_all("executors", [one.ready.remote() for one in handles], 300, "executor.start_deadline_s")
        return handles

    @cached_property
    def _stored_script(self) -> Any:
        return ray.put(self.script)

    def _make_generator(self, policy: Checkpoint, number: int) -> Any:
        place = self._reserved.options(self._slot("generators", number), self.plan.generator)
        made = ray.remote(SimulatedGenerator).options(**place, max_concurrency=CALLS_PER_ACTOR, max_restarts=0)
        config = EngineConfig(checkpoint=policy, max_context=self.config.context_tokens)
        places = self.sizes.episodes_in_flight
        return made.remote(config, self.executors, self._stored_script, self.speed, places)
