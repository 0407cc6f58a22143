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
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
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
from actors.storage.parts import PartRecord, commit_part, committed_part
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
    shards_unbegun: int
    """Of those in flight, such as have not begun an episode and can be given back."""
    played: int
    """Times that the plans of a problem and sample were played; `episodes_done` counts what was taken over, too."""
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
    answers_lost: int
    """That never came; their episodes are among those of `infrastructure`."""
    last_lost: tuple[str, ...]
    """Which answers the last ones were; a status is small, however many there are."""
    alive_s: float
    node_id: str
    """Ray's id of its node; "" without Ray."""


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
        self._judged = self._played = 0
        self.node_id = ""
        self._unbegun: dict[int, list[asyncio.Task[list[Episode]]]] = {}  # by part, the tasks that wait for a place
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
    ) -> PartRecord | None:
        """Play every plan on every problem and sample of the shard; commit as part number `shard.part` of `out_dir`.

        None if the shard was given back.

        The plans of one problem and sample share what they ask for (actors.search.search.play_episodes). Episodes that
        an earlier attempt finished are taken as they are; if this one fails, it leaves what it finished.
        """
        if policy_id != self.engine.policy_id:
            raise PolicyMismatchError(
                f"{shard} asks for policy {policy_id}, but this generator holds {self.engine.policy_id or 'none'}; "
                "load that checkpoint first"
            )
        services, self._scorer = replace(self._players, scorer=scorer), scorer
        if (committed := await asyncio.to_thread(committed_part, out_dir, shard.part)) is not None:
            return committed  # by one who was lost before the driver knew
        journal = ShardJournal(out_dir, shard, policy_id, len(plans))
        finished: dict[Key, list[Episode]] = {}

        async def episodes_of(problem: Problem, sample: int, stranger: Problem | None) -> list[Episode]:
            found = finished.get((problem.problem_id, sample))
            if found is None:
                recorded: dict[str, Any] = {"iteration": iteration, "verifier_id": verifier_id}
                async with self._place(plans, shard.part):
                    found = await play_episodes(services, plans, problem, sample, stranger=stranger, **recorded)
                self._played += 1
                journal.add(found)
            self._unbegun.pop(shard.part, None)
            self._counts.update(episode_counts(found, plans))
            return found

        self._shards += 1
        saving = asyncio.ensure_future(journal.keep_saving())
        try:
            finished.update(await asyncio.to_thread(journal.read))
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(episodes_of(problem, sample, stranger))
                    for problem, stranger in zip_longest(shard.problems, shard.strangers)
                    for sample in shard.samples
                ]
                self._unbegun[shard.part] = tasks
        except BaseExceptionGroup as failures:
            await journal.save_new()
            # One cause stopped the shard and cancelled the rest; a lone error crosses process borders readably.
            raise failures.exceptions[0] from failures
        finally:
            saving.cancel()
            self._unbegun.pop(shard.part, None)
            self._shards -= 1
        if any(task.cancelled() for task in tasks):
            return None
        episodes = [episode for task in tasks for episode in task.result()]
        record = await asyncio.to_thread(_commit, out_dir, shard.part, episodes, plans)
        await asyncio.to_thread(journal.clear)
        return record

    @asynccontextmanager
    async def _place(self, plans: Sequence[SearchPlan], part: int) -> AsyncIterator[None]:
        """One of the places, for an episode of each plan; with the first of a shard's, that shard has begun."""
        places = self._alone if any(plan.alone for plan in plans) else self._places
        self._waiting += 1
        try:
            await places.acquire()
        finally:
            self._waiting -= 1
        self._unbegun.pop(part, None)
        self._in_flight += 1
        self._in_flight_max = max(self._in_flight_max, self._in_flight)
        try:
            yield
        finally:
            self._in_flight -= 1
            places.release()

    async def give_back(self, part: int) -> None:
        """Let go of a shard, if no episode of it has begun; its `play` returns None."""
        for task in self._unbegun.pop(part, ()):
            task.cancel()

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
            shards_unbegun=len(self._unbegun),
            played=self._played,
            episodes_done=self._counts["episodes"],
            turns_done=self._counts["turns"],
            judged=self._judged,
            moved=self._moved(),
            tokens_sampled=self._counts["tokens"],
            engine_busy_s=self.engine.busy_s,
            judge_wait_s=self._judge_wait_s,
            infrastructure=self._counts["ended_infrastructure"],
            unjudged=self._counts["ended_unjudged"],
            answers_lost=self._players.engine.lost,
            last_lost=tuple(self._players.engine.last_lost),
            alive_s=time.monotonic() - self._started,
            node_id=self.node_id,
        )

    def _moved(self) -> float:
        """The providers' own numbers are sums of unlike things: that they change is what counts."""
        seen = sum(getattr(provider, "moves", 0) for provider in (self._judge, self._scorer))
        return seen + self.engine.moved + self._judged + self._counts["turns"]

    async def close(self) -> None:
        await self.engine.close()


def _commit(out_dir: str, part: int, episodes: list[Episode], plans: Sequence[SearchPlan]) -> PartRecord:
    """Of two who played a part the first one's is kept."""
    if (committed := committed_part(out_dir, part)) is not None:
        return committed
    table = pa.Table.from_pylist([episode.to_row() for episode in episodes], schema=EPISODE_SCHEMA)
    return commit_part(out_dir, part, table, episode_counts(episodes, plans))
