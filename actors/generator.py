"""A generator: an engine that plays whole episodes, shard after shard.

    consumes       shards (problems × samples), handed out by the driver, two or more at a time
    waits for      one of `episodes_in_flight` places (the only one, if its plan is played alone), then the engine, the
                   executors and the verifier
    produces       one committed Parquet part per shard, rows in the order (problem, sample)
    unblocked by   an episode that ends: its place goes to the next one, of this shard or the next; a provider that
                   does not move ends the shard with an error that names it

All shards share the places, so the next shard starts before the current one has drained and the number of
episodes in flight stays at its setting until no work is left. A generator samples only with the weights that
the caller names, and refuses before `load` has checked them; so does one that Ray has restarted.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

import pyarrow as pa

from actors.inference.engine import Engine, EngineError, LoadReport
from actors.inference.watched import WatchedEngine
from actors.search.answer_memory import AnswerMemory
from actors.search.episode import EPISODE_SCHEMA, Episode
from actors.search.episode_counts import episode_counts
from actors.search.plan import SearchPlan, Shard
from actors.search.request_cache import AsyncScorer, Judge, RolloutServices
from actors.search.search import play_episodes
from actors.search.shard_journal import Key, ShardJournal
from actors.storage.checkpoint import Checkpoint
from actors.storage.parts import PartRecord, commit_part
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome


class PolicyMismatchError(EngineError):
    """Samples of one policy were asked of an engine that holds another. Load that checkpoint first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorStatus:
    """Where a generator stands. Seconds are summed over its life; `in_flight` counts episodes."""

    policy_id: str
    in_flight: int
    in_flight_max: int
    waiting: int
    has_room: bool
    """Whether a place is free and no episode waits for one."""
    shards_in_flight: int
    episodes_done: int
    turns_done: int
    judged: int
    """Outcomes that came back."""
    moved: float
    """Changes while anything moves that the generator waits for: tokens of unfinished answers, what others wait for."""
    tokens_sampled: int
    engine_busy_s: float
    judge_wait_s: float
    infrastructure: int
    unjudged: int
    lost_answers: tuple[str, ...]
    """That never came; their episodes are among those of `infrastructure`."""
    alive_s: float


class Generator:
    """Plays shards with one engine. Plain and testable; actors.generator_actor.GeneratorActor is its Ray actor."""

    def __init__(
        self,
        engine: Engine,
        tokenizer: Any,
        judge: Judge,
        *,
        episodes_in_flight: int = 96,
        max_context: int = 512,
        stall_s: float = 600.0,
        sequences: int = 256,
        remembered_answers: int = 0,
    ) -> None:
        """`stall_s`, `sequences`: as in `WatchedEngine`; `remembered_answers`: of `AnswerMemory`."""
        self.engine = engine
        self._judge = judge
        self._players = RolloutServices(
            engine=WatchedEngine(engine, stall_s, sequences),
            tokenizer=tokenizer,
            judge=self._timed_judge,
            max_context=max_context,
            memory=AnswerMemory(remembered_answers),
        )
        self._scorer: AsyncScorer | None = None
        self._places = asyncio.Semaphore(episodes_in_flight)
        self._alone = asyncio.Lock()
        self._started = time.monotonic()
        self._in_flight = self._in_flight_max = self._waiting = self._shards = 0
        self._counts: Counter[str] = Counter()
        self._judged = 0
        self._judge_wait_s = 0.0

    async def load(self, checkpoint: Checkpoint) -> LoadReport | None:
        """Replace the weights; None if the engine holds them already.

        Raises WeightsError if the result is not the checkpoint, EngineError if episodes run.
        """
        if self._shards:
            raise EngineError(
                f"cannot load policy {checkpoint.policy_id}: {self._shards} shards are being played with "
                f"{self.engine.policy_id}; wait for them first"
            )
        if checkpoint.policy_id == self.engine.policy_id:
            return None
        return await self.engine.load(checkpoint)

    async def play(
        self,
        shard: Shard,
        plans: Sequence[SearchPlan],
        policy_id: str,
        out_dir: str,
        iteration: int,
        verifier_id: str = "",
        scorer: AsyncScorer | None = None,
    ) -> PartRecord:
        """Play every plan on every problem and sample of the shard; commit as part number `shard.part` of `out_dir`.

        The plans of one problem and sample share what they ask for (actors.search.search.play_episodes). Episodes that
        an earlier attempt finished are taken as they are; if this one fails, it leaves what it finished.
        """
        if policy_id != self.engine.policy_id:
            raise PolicyMismatchError(
                f"{shard} asks for policy {policy_id}, but this generator holds {self.engine.policy_id or 'none'}; "
                "load that checkpoint first"
            )
        services, self._scorer = replace(self._players, scorer=scorer), scorer
        journal = ShardJournal(out_dir, shard, policy_id, len(plans))
        finished: dict[Key, list[Episode]] = {}

        async def episodes_of(problem: Problem, sample: int, stranger: Problem | None) -> list[Episode]:
            found = finished.get((problem.problem_id, sample))
            if found is None:
                recorded: dict[str, Any] = {"iteration": iteration, "verifier_id": verifier_id}
                found = await self._play_one(services, plans, problem, sample, stranger=stranger, **recorded)
                journal.add(found)
                if journal.is_due:
                    await asyncio.to_thread(journal.save, journal.take())
            self._counts.update(episode_counts(found, plans))
            return found

        self._shards += 1
        try:
            finished.update(await asyncio.to_thread(journal.read))
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(episodes_of(problem, sample, stranger))
                    for problem, stranger in zip_longest(shard.problems, shard.strangers)
                    for sample in shard.samples
                ]
        except BaseExceptionGroup as failures:
            with contextlib.suppress(OSError):  # of a full disk, say: the first cause is told
                await asyncio.to_thread(journal.save, journal.take())
            # One cause stopped the shard and cancelled the rest; a lone error crosses process borders readably.
            raise failures.exceptions[0] from failures
        finally:
            self._shards -= 1
        episodes = [episode for task in tasks for episode in task.result()]
        table = pa.Table.from_pylist([episode.to_row() for episode in episodes], schema=EPISODE_SCHEMA)
        record = await asyncio.to_thread(commit_part, out_dir, shard.part, table, episode_counts(episodes, plans))
        await asyncio.to_thread(journal.clear)
        return record

    async def _play_one(
        self,
        services: RolloutServices,
        plans: Sequence[SearchPlan],
        problem: Problem,
        sample: int,
        **recorded: Any,
    ) -> list[Episode]:
        """`recorded`: as the keywords of `play_episodes`."""
        places = self._alone if any(plan.alone for plan in plans) else self._places
        self._waiting += 1
        try:
            await places.acquire()
        finally:
            self._waiting -= 1
        self._in_flight += 1
        self._in_flight_max = max(self._in_flight_max, self._in_flight)
        try:
            return await play_episodes(services, plans, problem, sample, **recorded)
        finally:
            self._in_flight -= 1
            places.release()

    async def _timed_judge(self, problem: Problem, program: str, suite: Suite, **options: bool) -> Outcome:
        started = time.monotonic()
        try:
            return await self._judge(problem, program, suite, **options)
        finally:
            self._judged += 1
            self._judge_wait_s += time.monotonic() - started

    async def status(self) -> GeneratorStatus:
        return GeneratorStatus(
            policy_id=self.engine.policy_id,
            in_flight=self._in_flight,
            in_flight_max=self._in_flight_max,
            waiting=self._waiting,
            has_room=not self._waiting and not self._places.locked(),
            shards_in_flight=self._shards,
            episodes_done=self._counts["episodes"],
            turns_done=self._counts["turns"],
            judged=self._judged,
            moved=self._moved(),
            tokens_sampled=self._counts["tokens"],
            engine_busy_s=self.engine.busy_s,
            judge_wait_s=self._judge_wait_s,
            infrastructure=self._counts["ended_infrastructure"],
            unjudged=self._counts["ended_unjudged"],
            lost_answers=tuple(self._players.engine.lost),
            alive_s=time.monotonic() - self._started,
        )

    def _moved(self) -> float:
        """The providers' own numbers are sums of unlike things: that they change is what counts."""
        seen = sum(getattr(provider, "moves", 0) for provider in (self._judge, self._scorer))
        return seen + self.engine.moved + self._judged + self._counts["turns"]

    async def close(self) -> None:
        await self.engine.close()
