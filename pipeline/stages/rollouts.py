"""Rollouts: shards of problems × samples over the generators, each a committed part of episodes.

The driver hands out shards and gets back the records of committed parts; it never sees a token.
"""

import math
import posixpath
from collections.abc import Sequence
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError

from actors.generator import GeneratorStatus
from actors.prompting.strangers import strangers_of
from actors.search.episode import MASK_COLUMNS, mask_of_row
from actors.search.plan import SearchPlan, Shard
from actors.storage.checkpoint import Checkpoint
from actors.storage.parquet import read_rows
from actors.storage.parts import committed_parts
from actors.supervision import Supervisor
from pipeline.config.schema import Config
from pipeline.state.stage import UNJUDGED_PROBLEMS, StageContext, StageOutput
from pipeline.trackers.console import ProgressLine
from sandbox.errors import UserError
from sandbox.problem import Problem

LOST_ADVICE = (
    "What was committed is kept. If the system ended them for lack of memory (`dmesg` says so), lower "
    "generator.episodes_in_flight, generator.kv_cache_mib or generator.gpu_memory_fraction"
)
LOST_ANSWERS = "lost_answers"
"""Among a stage's facts: answers that never came, by problem, sample and turn. Their episodes are masked."""
STATUS_DEADLINE_S = 5.0
MIN_EPISODES_FOR_A_RATE = 20
"""Fewer than this say nothing about the sandbox's failure rate."""


class InfrastructureRateError(UserError, RuntimeError):
    """Too much of the sandbox failed; the episodes that it failed are masked, never labels."""


def make_shards(
    problems: Sequence[Problem],
    samples: int,
    shard_episodes: int,
    first: int = 0,
    strangers: Sequence[Problem] = (),
) -> list[Shard]:
    """Shards of problems, numbered from `first`, the same for every stage of a run, with all their samples.

    `strangers`: of each problem, as in `Shard`.
    """
    size = max(1, shard_episodes // samples)
    count = math.ceil(len(problems) / size)
    places = [slice(part * size, (part + 1) * size) for part in range(count)]
    return [
        Shard(
            part=first + part,
            problems=tuple(problems[place]),
            samples=range(samples),
            strangers=tuple(strangers[place]),
        )
        for part, place in enumerate(places)
    ]


def roll_out(
    context: StageContext,
    problems: Sequence[Problem],
    samples: int,
    plan: SearchPlan | Sequence[SearchPlan],
    policy: Checkpoint,
    verifier: Checkpoint | None = None,
    first_shard: int = 0,
) -> StageOutput:
    """Sample the episodes that the stage's directory lacks: `samples` of every problem.

    Several plans are executed over one set of samples; their episodes lie side by side in the same parts.
    Raises InfrastructureRateError above the set rate of infrastructure failures, ActorStartError if an actor does not
    come up.
    """
    config = context.config
    plans = (plan,) if isinstance(plan, SearchPlan) else tuple(plan)
    strangers = strangers_of(problems) if any(plan.needs_stranger for plan in plans) else []
    size = max(1, config.rollouts.shard_episodes // len(plans))
    shards = make_shards(problems, samples, size, first_shard, strangers)
    done = committed_parts(context.directory)
    todo = [shard for shard in shards if shard.part not in done]
    facts: dict[str, Any] = {}
    if todo:
        total, finished = len(plans) * sum(map(len, shards)), sum(part.rows for part in done.values())
        watch, rebuilt = _Watch(config, total=total, done=finished), context.actor_groups.engines_rebuilt
        _Rollout(context, plans, policy, verifier, watch).execute(todo)
        facts = watch.facts() | {"engines_rebuilt": context.actor_groups.engines_rebuilt - rebuilt}
    _require_sandbox(context.directory, config.executor.max_infrastructure_rate)
    return StageOutput(expected_parts=len(shards), facts=facts | _unjudged(context.directory))


class _Rollout:
    """Shards on generators; one that dies or hangs is replaced, and another one goes on with its shards."""

    def __init__(
        self,
        context: StageContext,
        plans: Sequence[SearchPlan],
        policy: Checkpoint,
        verifier: Checkpoint | None,
        watch: "_Watch",
    ) -> None:
        self.context, self.plans, self.policy, self.watch = context, plans, policy, watch
        self.verifier_id = verifier.policy_id if verifier else ""
        self.scorer = context.actor_groups.scorers(verifier, replicas=1)[0] if verifier else None
        self._used_slots: set[int] = set()

    def execute(self, shards: list[Shard]) -> None:
        slots = self.context.actor_groups.prepare_generators(self.policy)
        supervisor: Supervisor[Shard] = Supervisor(
            make=self._generator,
            call=self._play,
            stall_s=self.context.config.generator.stall_s,
            setting="generator.stall_s",
            advice=LOST_ADVICE,
            moved=self.watch.moved,
            has_room=lambda worker: self.watch.now[worker].has_room,
            on_tick=self.watch.tick,
        )
        supervisor.run(shards, slots)
        for worker in supervisor.workers:
            self.watch.moved(worker)
        self.watch.progress.close()

    def _generator(self, slot: int) -> Any:
        replace = slot in self._used_slots
        self._used_slots.add(slot)
        worker = self.context.actor_groups.generator(slot, self.policy, replace=replace)
        self.watch.begin(worker)
        return worker

    def _play(self, worker: Any, shard: Shard) -> Any:
        context = self.context
        return worker.play.remote(
            shard,
            self.plans,
            self.policy.policy_id,
            context.directory,
            context.iteration,
            self.verifier_id,
            self.scorer,
        )


class _Watch:
    """Asks generators how far they are: for the progress line, and to tell slow work from a stall."""

    def __init__(self, config: Config, total: int, done: int) -> None:
        self.limit = config.executor.max_infrastructure_rate
        self.progress = ProgressLine("episodes", total, done, unit="episodes")
        self.before = done
        self.start: dict[Any, GeneratorStatus] = {}
        self.now: dict[Any, GeneratorStatus] = {}

    def begin(self, worker: Any) -> None:
        """A generator outlives stages: what it did before this one does not count."""
        self.start[worker] = self.now[worker] = ray.get(worker.status.remote(), timeout=STATUS_DEADLINE_S)

    def moved(self, worker: Any) -> float | None:
        """As `Supervisor.moved`."""
        try:
            self.now[worker] = ray.get(worker.status.remote(), timeout=STATUS_DEADLINE_S)
        except (RayActorError, GetTimeoutError):
            return None  # a dead worker shows by its shard; one that may be busy is asked again
        return self.now[worker].moved

    def tick(self, _: int, workers: list[Any]) -> None:
        episodes, infrastructure = self._sum("episodes_done"), self._sum("infrastructure")
        if episodes >= MIN_EPISODES_FOR_A_RATE and infrastructure / episodes > self.limit:
            raise InfrastructureRateError(_too_much(infrastructure, episodes, self.limit))
        elapsed = self._sum("alive_s")
        self.progress.update(
            self.before + int(episodes),
            in_flight=sum(status.in_flight for status in self.now.values()),
            infrastructure=int(infrastructure),
            unjudged=int(self._sum("unjudged")),
            engine_idle=f"{1 - self._sum('engine_busy_s') / elapsed:.0%}" if elapsed else "-",
        )

    def facts(self) -> dict[str, Any]:
        """Where the accelerators' time went, over all generators, and how the work was spread."""
        lost = [name for worker in self.now for name in self._lost(worker)]
        return {
            **({LOST_ANSWERS: lost} if lost else {}),
            "engine_busy_s": round(self._sum("engine_busy_s"), 1),
            "judge_wait_s": round(self._sum("judge_wait_s"), 1),
            "episodes_in_flight_max": max((status.in_flight_max for status in self.now.values()), default=0),
            "episodes_per_generator": [self._gain(worker, "episodes_done") for worker in self.now],
        }

    def _lost(self, worker: Any) -> tuple[str, ...]:
        return self.now[worker].lost_answers[len(self.start[worker].lost_answers) :]

    def _gain(self, worker: Any, name: str) -> float:
        gain: float = getattr(self.now[worker], name) - getattr(self.start[worker], name)
        return gain

    def _sum(self, name: str) -> float:
        return sum(self._gain(worker, name) for worker in self.now)


def _require_sandbox(directory: str, limit: float) -> None:
    parts = committed_parts(directory).values()
    failed = sum(part.counts.get("ended_infrastructure", 0) for part in parts)
    episodes = sum(part.counts.get("episodes", 0) for part in parts)
    if episodes and failed / episodes > limit:
        raise InfrastructureRateError(_too_much(failed, episodes, limit))


def _unjudged(directory: str) -> dict[str, list[str]]:
    """The problems whose tests could not be judged, for a person to see; {} if there are none."""
    parts = [part for part in committed_parts(directory).values() if part.counts.get("ended_unjudged")]
    rows = read_rows([posixpath.join(directory, part.file) for part in parts], ["problem_id", *MASK_COLUMNS])
    names = sorted({row["problem_id"] for row in rows if mask_of_row(row) == "unjudged"})
    return {UNJUDGED_PROBLEMS: names} if names else {}


def _too_much(failed: float, episodes: float, limit: float) -> str:
    return (
        f"the sandbox failed in {failed:.0f} of {episodes:.0f} episodes, above executor.max_infrastructure_rate = "
        f"{limit:g}; those episodes are masked, never labels. Run `mucode doctor` on the sandbox nodes; if "
        "answers were lost, the actors' logs name them"
    )
