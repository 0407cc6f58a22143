"""What orchestration costs without models and boxes: the driver, generators, store and Ray, with simulated engines.

    mucode run --set run.name=measured --set run.iterations=0
    python benchmarks/scale.py measure --run runs/measured --generators 4 --episodes 1000,10000 --out results
    python benchmarks/scale.py calls --out results
    python benchmarks/scale.py table --out results

*measure* plays a stage of rollouts on several Ray nodes of this machine. Answers, their seconds, and outcomes are drawn
from the measured run, `--speed` times as fast. It writes a JSON file for each pair of generators and episodes. *calls*
counts calls per second of empty Ray actors, the ceiling of everything above. *table* prints all files, and what the
driver's share means for more accelerators.
"""

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.simulated import Script, SimulatedGroups, read_script

SAMPLES = 10
SHARD_EPISODES = 64
RATES = (8, 64, 512, 4096)
TURN_TOKENS = 250
"""Tokens of an answer of a model of 8 B parameters: what a turn takes of an accelerator's rate."""


def resident_mib() -> float:
    rows = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    return next(int(row[1]) for row in rows if row[0] == "VmRSS:") / 1024


class Peak:
    """Most resident memory of this process while it lives, in MiB."""

    def __init__(self) -> None:
        self.mib, self._ended = resident_mib(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._ended.wait(0.2):
            self.mib = max(self.mib, resident_mib())

    def end(self) -> float:
        self._ended.set()
        self._thread.join()
        return self.mib


@contextmanager
def cluster(nodes: int, cpus: int, boxes: int) -> Iterator[None]:
    """So many Ray nodes on this machine; their cores are numbers."""
    from ray.cluster_utils import Cluster

    made = Cluster()
    for number in range(nodes):
        resources = {"sandbox": boxes} if number == 0 else {}
        made.add_node(num_cpus=cpus, object_store_memory=200 << 20, resources=resources)
    os.environ["RAY_ADDRESS"] = made.address
    try:
        yield
    finally:
        del os.environ["RAY_ADDRESS"]
        made.shutdown()


def measure(script: Script, options: argparse.Namespace, generators: int, episodes: int) -> dict[str, Any]:
    """One stage of rollouts; seconds and memory of the driver are those of this process during the stage."""
    from pipeline.config.load import load_config
    from pipeline.preflight.settling import settle_config
    from pipeline.stages import rollouts
    from pipeline.state.run import Run
    from pipeline.state.stage import StageContext

    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        words = [f"run.root={folder}", "run.iterations=0", f"generator.replicas={generators}"]
        words += [f"executor.replicas={options.executors}", f"rollouts.shard_episodes={SHARD_EPISODES}"]
        config = settle_config(load_config(None, [*words, *options.set]), trains=False, fetch=False)
        groups = SimulatedGroups(config)
        groups.script, groups.speed = script, options.speed
        with groups:
            run = Run(config, groups)
            context = StageContext(
                config=config,
                iteration=0,
                directory=f"{folder}/episodes",
                run_directory=folder,
                splits=run.splits,
                actor_groups=groups,
                trackers=run.trackers,
            )
            plan = config_plan(config)
            rollouts.roll_out(context, problems(run, generators * SAMPLES), SAMPLES, plan, run.base)  # all are up
            context = replace(context, directory=f"{folder}/measured")
            work = problems(run, episodes)
            peak, before, cpu, clock = Peak(), resident_mib(), time.process_time(), time.monotonic()
            output = rollouts.roll_out(context, work, SAMPLES, plan, run.base)
            wall, cpu = time.monotonic() - clock, time.process_time() - cpu
            from actors.storage.parts import committed_parts

            parts = committed_parts(context.directory).values()
            turns = sum(part.counts["turns"] for part in parts)
            size = sum(file.stat().st_size for file in Path(context.directory).rglob("*") if file.is_file())
    return {
        "generators": generators,
        "nodes": options.nodes,
        "executors": options.executors,
        "speed": options.speed,
        "episodes": sum(part.rows for part in parts),
        "parts": len(parts),
        "turns": turns,
        "wall_s": wall,
        "turns_s": turns / wall,
        "driver_cpu_s": cpu,
        "driver_cpu_s_per_million": cpu / episodes * 1e6,
        "driver_mib_before": before,
        "driver_mib_peak": peak.end(),
        "mib_on_disk": size / 2**20,
        "facts": {name: output.facts[name] for name in ("engine_busy_s", "judge_wait_s")},
    }


def config_plan(config: Any) -> Any:
    from actors.search.plan import SearchPlan

    return SearchPlan(turns=3, temperature=0.8, max_tokens=64, seed=config.run.seed, style=config.dialogue.style)


def problems(run: Any, episodes: int) -> list[Any]:
    """As many as that many episodes need: the run's own, under new names when they are used up."""
    own, count = run.problems("train"), -(-episodes // SAMPLES)
    return [
        replace(own[number % len(own)], problem_id=f"{own[number % len(own)].problem_id}#{number // len(own)}")
        for number in range(count)
    ]


def measure_all(options: argparse.Namespace) -> None:
    from actors.storage.parts import committed_parts

    stage = Path(options.run) / "iter_0000" / "episodes"
    files = [str(stage / part.file) for part in committed_parts(str(stage)).values()]
    script = read_script(files)
    middle = script.latencies[len(script.latencies) // 2]
    print(f"{len(script.answers)} answers; seconds of half of them: {middle:.2f}, of all: {script.latencies[-1]:.2f}")
    for generators in map(int, options.generators.split(",")):
        cpus = -(-generators // options.nodes) + 2
        with cluster(options.nodes, cpus, options.executors * 2):
            for episodes in map(int, options.episodes.split(",")):
                keep(options, f"scale-{generators}-{episodes}", measure(script, options, generators, episodes))


def measure_calls(options: argparse.Namespace) -> None:
    """Empty calls of async actors, as many under way as a generator has, one by one and 32 in a call."""
    import ray

    class Empty:
        async def one(self, what: str) -> str:
            return what

        async def many(self, what: list[str]) -> list[str]:
            return what

    ray.init(num_cpus=4, include_dashboard=False, log_to_driver=False)
    made: Any = ray.remote(Empty)
    actors = [made.options(max_concurrency=1000).remote() for _ in range(2)]
    ray.get([actor.one.remote("") for actor in actors])
    found = {}
    for name, size in (("one", 1), ("many", 32)):
        started, calls = time.monotonic(), 0
        while time.monotonic() - started < 10:
            what = "x" if size == 1 else ["x"] * size
            ray.get([getattr(actors[call % 2], name).remote(what) for call in range(512)])
            calls += 512
        found[f"{name}_per_s"] = calls * size / (time.monotonic() - started)
    ray.shutdown()
    keep(options, "calls", found)


def keep(options: argparse.Namespace, name: str, found: dict[str, Any]) -> None:
    print(json.dumps(found), flush=True)
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.json").write_text(json.dumps(found, indent=1))


def print_table(options: argparse.Namespace) -> None:
    rows = [json.loads(file.read_text()) for file in sorted(Path(options.out).glob("scale-*.json"))]
    rows.sort(key=lambda row: (row["generators"], row["episodes"]))
    print(
        "| generators | episodes | turns/s | driver, CPU s per million episodes | driver, MiB before and peak | parts |"
    )
    print("|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['generators']} | {row['episodes']:,} | {row['turns_s']:,.0f} | "
            f"{row['driver_cpu_s_per_million']:,.0f} | {row['driver_mib_before']:.0f}, {row['driver_mib_peak']:.0f} | "
            f"{row['parts']:,} |"
        )
    if not rows:
        return
    last = rows[-1]
    per_turn = last["driver_cpu_s"] / last["turns"]
    print("\n| accelerators | turns/s at the given rate | share of one core that the driver takes |\n|---|---|---|")
    for count in RATES:
        turns_s = count * options.tokens_s / TURN_TOKENS
        print(f"| {count:,} | {turns_s:,.0f} | {turns_s * per_turn:.1%} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("measure", "calls", "table"))
    parser.add_argument("--run", help="a run whose first episodes are the script")
    parser.add_argument("--nodes", type=int, default=2)
    parser.add_argument("--executors", type=int, default=2)
    parser.add_argument("--generators", default="4")
    parser.add_argument("--episodes", default="1000")
    parser.add_argument("--speed", type=float, default=100.0)
    parser.add_argument("--scratch", help="where the episodes are written, and removed")
    parser.add_argument("--tokens-s", type=float, default=2500.0, help="of one accelerator, in the table")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--out", default="results")
    options = parser.parse_args()
    {"measure": measure_all, "calls": measure_calls, "table": print_table}[options.part](options)


if __name__ == "__main__":
    main()
