"""Rollouts: shards of problems × samples over the generators, each a committed part of episodes.

The driver hands out shards and gets back the records of committed parts; it never sees a token.
"""

import math
import posixpath
from collections.abc import Collection, Sequence
from typing import Any

from actors.prompting.strangers import strangers_of
from actors.search.episode import MASK_COLUMNS, mask_of_row
from actors.search.plan import SearchPlan, Shard
from actors.search.shard_journal import clear_journals
from actors.storage.checkpoint import Checkpoint
from actors.storage.parquet import read_rows
from actors.storage.parts import committed_parts
from actors.supervision.crew import WorkerReport, WorkerStart
from actors.supervision.supervisor import Supervisor
from pipeline.errors import what_happened
from pipeline.stages.generator_watch import GeneratorWatch
from pipeline.stages.infrastructure_rate import require_sandbox
from pipeline.stages.shard_order import longest_first
from pipeline.state.manifest import UNJUDGED_PROBLEMS
from pipeline.state.stage import StageContext, StageOutput
from pipeline.trackers.console import notice
from pipeline.trackers.live import LIVE
from sandbox.problem import Problem

LOST_ADVICE = (
    "What was committed is kept. If the system ended them for lack of memory (`dmesg` says so), lower "
    "generator.episodes_in_flight, generator.kv_cache_mib or generator.gpu_memory_fraction"
)


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
    todo = longest_first(context, [shard for shard in shards if shard.part not in done])
    facts: dict[str, Any] = {}
    LIVE.expect_parts(len(shards))
    if todo:
        total, finished = len(plans) * sum(map(len, shards)), sum(part.rows for part in done.values())
        watch = GeneratorWatch(config, total=total, done=finished)
        facts = _Rollout(context, plans, policy, verifier, watch).execute(todo)
    clear_journals(context.directory)
    require_sandbox(context.directory, config.executor.max_infrastructure_rate)
    return StageOutput(expected_parts=len(shards), facts=facts | _unjudged(context.directory))


class _Rollout:
    """The generators as a crew: shards of one stage on them, and what becomes of them."""

    def __init__(
        self,
        context: StageContext,
        plans: Sequence[SearchPlan],
        policy: Checkpoint,
        verifier: Checkpoint | None,
        watch: GeneratorWatch,
    ) -> None:
        self.context, self.plans, self.policy, self.watch = context, plans, policy, watch
        self.groups = context.actor_groups
        self.verifier_id = verifier.policy_id if verifier else ""
        self.scorer = self.groups.scorers(verifier, replicas=1)[0] if verifier else None

    def execute(self, shards: list[Shard]) -> dict[str, Any]:
        """Play the shards; facts for the stage's manifest."""
        settings, rebuilt = self.context.config.generator, self.groups.engines_rebuilt
        supervisor: Supervisor[Shard] = Supervisor(
            self,
            stall_s=settings.stall_s,
            start_s=settings.start_deadline_s,
            setting="generator.stall_s",
            start_setting="generator.start_deadline_s",
            advice=LOST_ADVICE,
            budgets=self.groups.generator_budgets,
        )
        supervisor.run(shards, settings.replicas)
        self.watch.finish(supervisor.workers)
        replaced = {"generators_replaced": supervisor.replaced} if supervisor.replaced else {}
        return self.watch.facts() | {"engines_rebuilt": self.groups.engines_rebuilt - rebuilt} | replaced

    def start(self, slot: int, *, again: bool) -> WorkerStart:
        return self.groups.start_generator(slot, self.policy, replace=again)

    def has_place(self, slot: int) -> bool:
        return self.groups.generator_has_place(slot)

    def started(self, slot: int, result: Any) -> None:
        self.watch.begin(self.groups.generator_started(slot, result))

    def play(self, worker: Any, shard: Shard) -> Any:
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

    def ask(self, workers: Collection[Any]) -> dict[Any, WorkerReport]:
        return self.watch.ask(workers)

    def take_back(self, worker: Any, shard: Shard) -> None:
        worker.give_back.remote(shard.part)

    def text_of(self, error: Exception) -> str:
        return what_happened(error)

    def tell(self, slot: int, text: str) -> None:
        notice(f"  generator {slot} {text}", workers_lost=1)

    def start_error(self, slot: int, reason: str) -> Exception:
        return self.groups.generator_start_error(slot, reason)

    def tick(self) -> None:
        self.watch.tick()
        self.groups.watch_services()


def _unjudged(directory: str) -> dict[str, list[str]]:
    """The problems whose tests could not be judged, for a person to see; {} if there are none."""
    parts = [part for part in committed_parts(directory).values() if part.counts.get("ended_unjudged")]
    rows = read_rows([posixpath.join(directory, part.file) for part in parts], ["problem_id", *MASK_COLUMNS])
    names = sorted({row["problem_id"] for row in rows if mask_of_row(row) == "unjudged"})
    return {UNJUDGED_PROBLEMS: names} if names else {}
