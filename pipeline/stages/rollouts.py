"""Rolling out: shards of problems × samples over the generators, each a committed part of episodes.

The driver hands out shards and gets back the records of committed parts; it never sees a token.
"""

import math
from collections.abc import Sequence
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError

from actors.search.plan import SearchPlan, Shard
from actors.storage.checkpoint import Checkpoint
from actors.storage.parts import committed_parts
from actors.supervision import Supervisor
from pipeline.cluster.actor_groups import ActorGroups, ActorStartError
from pipeline.state.stage import StageOutput
from pipeline.trackers.console import ProgressLine
from sandbox.problem import Problem

STATUS_DEADLINE_S = 5.0
MIN_EPISODES_FOR_A_RATE = 20
"""Fewer than this say nothing about the sandbox's failure rate."""


def make_shards(problems: Sequence[Problem], samples: int, shard_episodes: int, first: int = 0) -> list[Shard]:
    """Buckets of problems, numbered from `first`, the same for every stage of a run, with all their samples."""
    size = max(1, shard_episodes // samples)
    count = math.ceil(len(problems) / size)
    return [
        Shard(part=first + part, problems=tuple(problems[part * size : (part + 1) * size]), samples=range(samples))
        for part in range(count)
    ]


def roll_out(
    actor_groups: ActorGroups,
    directory: str,
    iteration: int,
    problems: Sequence[Problem],
    samples: int,
    plan: SearchPlan | Sequence[SearchPlan],
    policy: Checkpoint,
    verifier: Checkpoint | None = None,
    first_bucket: int = 0,
) -> StageOutput:
    """Play what `directory` lacks. Raises ActorStartError above the set rate of infrastructure failures.

    Several plans are played over one set of samples; their episodes lie side by side in the same parts.
    """
    config = actor_groups.config
    plans = (plan,) if isinstance(plan, SearchPlan) else tuple(plan)
    shards = make_shards(problems, samples, max(1, config.rollouts.shard_episodes // len(plans)), first_bucket)
    done = committed_parts(directory)
    todo = [shard for shard in shards if shard.part not in done]
    if todo:
        watch = _Watch(
            actor_groups, total=len(plans) * sum(map(len, shards)), done=sum(part.rows for part in done.values())
        )
        _play(actor_groups, todo, watch, plans, policy, verifier, directory, iteration)
    _require_sandbox(directory, config.executor.max_infrastructure_rate)
    return StageOutput(expected_parts=len(shards), facts=watch.facts() if todo else {})


def _play(
    actor_groups: ActorGroups,
    todo: list[Shard],
    watch: "_Watch",
    plans: Sequence[SearchPlan],
    policy: Checkpoint,
    verifier: Checkpoint | None,
    directory: str,
    iteration: int,
) -> None:
    scorer = actor_groups.scorers(verifier, replicas=1)[0] if verifier else None
    verifier_id = verifier.policy_id if verifier else ""
    slots = actor_groups.prepare_generators(policy)
    seen: set[int] = set()

    def make(slot: int) -> Any:
        replace = slot in seen
        seen.add(slot)
        worker = actor_groups.generator(slot, policy, replace=replace)
        watch.begin(worker)
        return worker

    supervisor: Supervisor[Shard] = Supervisor(
        make=make,
        call=lambda worker, shard: worker.play.remote(
            shard, plans, policy.policy_id, directory, iteration, verifier_id, scorer
        ),
        stall_s=actor_groups.config.generator.turn_deadline_s,
        advanced=watch.advanced,
        on_tick=watch.tick,
    )
    supervisor.run(todo, slots)
    watch.advanced(supervisor.workers)
    watch.progress.close()


class _Watch:
    """Asks generators where they stand: for the progress line, and to tell slow work from a stall."""

    def __init__(self, actor_groups: ActorGroups, total: int, done: int) -> None:
        self.limit = actor_groups.config.executor.max_infrastructure_rate
        self.progress = ProgressLine("episodes", total, done, unit="episodes")
        self.before = done
        self.start: dict[Any, Any] = {}
        self.now: dict[Any, Any] = {}

    def begin(self, worker: Any) -> None:
        """A generator outlives stages: what it did before this one does not count."""
        self.start[worker] = self.now[worker] = ray.get(worker.status.remote(), timeout=STATUS_DEADLINE_S)

    def advanced(self, workers: list[Any]) -> float:
        for worker in workers:
            try:
                self.now[worker] = ray.get(worker.status.remote(), timeout=STATUS_DEADLINE_S)
            except (RayActorError, GetTimeoutError):
                continue  # a dead worker shows by its shard; a busy one is asked again
        return self._sum("turns_done") + self._sum("episodes_done") + self._sum("judged")

    def tick(self, _: int, workers: list[Any]) -> None:
        episodes, infrastructure = self._sum("episodes_done"), self._sum("infrastructure")
        if episodes >= MIN_EPISODES_FOR_A_RATE and infrastructure / episodes > self.limit:
            raise ActorStartError(_too_much(infrastructure, episodes, self.limit))
        elapsed = self._sum("alive_s")
        self.progress.update(
            self.before + int(episodes),
            in_flight=sum(status.in_flight for status in self.now.values()),
            infrastructure=int(infrastructure),
            engine_idle=f"{1 - self._sum('engine_busy_s') / elapsed:.0%}" if elapsed else "-",
        )

    def facts(self) -> dict[str, Any]:
        """Where the accelerators' time went, over all generators, and how the work was spread."""
        return {
            "engine_busy_s": round(self._sum("engine_busy_s"), 1),
            "judge_wait_s": round(self._sum("judge_wait_s"), 1),
            "episodes_in_flight_max": max((status.in_flight_max for status in self.now.values()), default=0),
            "episodes_per_generator": [self._gain(worker, "episodes_done") for worker in self.now],
        }

    def _gain(self, worker: Any, name: str) -> float:
        return getattr(self.now[worker], name) - getattr(self.start[worker], name)

    def _sum(self, name: str) -> float:
        return sum(self._gain(worker, name) for worker in self.now)


def _require_sandbox(directory: str, limit: float) -> None:
    parts = committed_parts(directory).values()
    failed = sum(part.counts.get("ended_infrastructure", 0) for part in parts)
    episodes = sum(part.counts.get("episodes", 0) for part in parts)
    if episodes and failed / episodes > limit:
        raise ActorStartError(_too_much(failed, episodes, limit))


def _too_much(failed: float, episodes: float, limit: float) -> str:
    return (
        f"the sandbox failed in {failed:.0f} of {episodes:.0f} episodes, above executor.max_infrastructure_rate = "
        f"{limit:g}; those episodes are masked, never labels. Run `mucode doctor` on the sandbox nodes"
    )
