"""The estimate for a person: time by kind of stage, accelerators' memory, and what is finished beside it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import get_args

from actors.machine.capacity import this_machine
from actors.storage.checkpoint import Checkpoint
from pipeline.config.schema import Config
from pipeline.durations.cluster import DescribedCluster
from pipeline.durations.speeds import Speeds, accelerator_speeds, cpu_speeds
from pipeline.durations.stages import ANSWER_SHARE, RunSizes, stage_seconds
from pipeline.placement.memory import check_memory, memory_needs
from pipeline.placement.model_shape import find_model_shape
from pipeline.placement.resources import plan_resources
from pipeline.plan import PaperRun
from pipeline.state.problems import ProblemSplits
from pipeline.state.run_directory import run_root
from pipeline.state.stage import StageKind
from pipeline.state.store import Store
from pipeline.trackers.console import short_duration

HOUR_S = 3600.0


class UnresolvedRun(PaperRun):
    """On paper, of a model that may be nowhere yet."""

    @cached_property
    def base(self) -> Checkpoint:
        return Checkpoint(path=self.config.model.generator, policy_id="")


@dataclass(frozen=True, slots=True, kw_only=True)
class KindTime:
    """Seconds of all stages of one kind; `estimated` and `taken`: of those that are finished."""

    kind: str
    expected: float
    estimated: float
    taken: float


def describe_durations(config: Config, splits: ProblemSplits, cluster: DescribedCluster | None = None) -> str:
    """Lines of a dry run. Raises ResourceError if the accelerators of `cluster` cannot hold the run."""
    sizes = _sizes(config)
    lines = [] if cluster is None else _memory_lines(config, cluster)
    machine = this_machine()
    if cluster is None and machine.accelerators:
        return "time         name the accelerators for an estimate, as in --on 1x8xH100"
    if not sizes.generator:
        return "\n".join([*lines, f"time         the size of {config.model.generator} is not known here"])
    dtype = config.model.dtype or ("float32" if cluster is None else "bfloat16")
    speeds = cpu_speeds(machine, dtype) if cluster is None else accelerator_speeds(cluster, dtype)
    times = run_times(config, splits, sizes, speeds)
    return "\n".join([*lines, *_time_lines(config, times, speeds)])


def run_times(config: Config, splits: ProblemSplits, sizes: RunSizes, speeds: Speeds) -> list[KindTime]:
    """Of every kind of stage that the run has, in the order of StageKind. A run in an object store is not looked up."""
    store = Store(run_root(config)) if "://" not in config.run.root else None
    if store is not None and not Path(store.root, "config.json").is_file():
        store = None
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for planned in UnresolvedRun(config, splits).pass_iterations():
        seconds = stage_seconds(config, sizes, speeds, planned)
        done = store.find(planned.iteration, planned.stage.name) if store else None
        found = sums[planned.stage.rate.kind]
        found[0] += seconds
        if done is not None:
            found[1] += seconds
            found[2] += done.seconds
    ordered = [kind for kind in get_args(StageKind) if kind in sums]
    return [
        KindTime(kind=kind, expected=sums[kind][0], estimated=sums[kind][1], taken=sums[kind][2]) for kind in ordered
    ]


def _sizes(config: Config) -> RunSizes:
    generator, verifier = (find_model_shape(name) for name in (config.model.generator, config.model.verifier))
    return RunSizes(
        generator=generator.parameters if generator else 0.0, verifier=verifier.parameters if verifier else 0.0
    )


def _time_lines(config: Config, times: Sequence[KindTime], speeds: Speeds) -> list[str]:
    total = sum(one.expected for one in times)
    gpu_hours = f", {total * speeds.devices / HOUR_S:.3g} GPU-hours" if speeds.accelerated else ""
    each = ", ".join(f"{one.kind} {short_duration(one.expected)}" for one in times)
    assumed = int(ANSWER_SHARE * config.rollouts.max_tokens)
    lines = [
        f"time         about {short_duration(total)} on {speeds.device_name}{gpu_hours}: {each}",
        f"             if answers have {assumed} tokens and every episode takes all turns; {speeds.source}",
    ]
    done = [one for one in times if one.estimated]
    if done:
        each = ", ".join(
            f"{one.kind} {short_duration(one.taken)} (estimated {short_duration(one.estimated)})" for one in done
        )
        taken, estimated = sum(one.taken for one in done), sum(one.estimated for one in done)
        lines.append(
            f"finished     took {short_duration(taken)}, estimated {short_duration(estimated)}: {each}; on whatever "
            "machine that was"
        )
    return lines


def _memory_lines(config: Config, cluster: DescribedCluster) -> list[str]:
    nodes = cluster.as_nodes()
    plan = plan_resources(config, nodes)
    notes = check_memory(config, plan, nodes)
    models = [find_model_shape(name) for name in (config.model.generator, config.model.verifier)]
    needs = memory_needs(config, plan, cluster.device.memory_gib, *models)
    return [f"memory       {need.text()}" for need in needs] + [f"note         {note}" for note in notes]
