"""What keeps an engine busy: no turn waits for another, reloading in place, boxes beside decoding.

    python benchmarks/rollouts.py streaming --model builtin --rounds 3
    python benchmarks/rollouts.py streaming --run runs/measured --rounds 3
    python benchmarks/rollouts.py reload --model DIR
    python benchmarks/rollouts.py shares --run runs/measured

*streaming*: the same episodes on the same engine, with as many in flight, as they come and turn by turn: there a batch
of episodes begins a turn when the last of them has the outcome of the turn before. The engine is vLLM with a model, or,
with `--run`, one that takes the seconds that a run recorded. *reload*: other weights into a running engine, against
another engine. *shares*: of a finished run, the share of the sampling in which the engine had work, and what programs
waited for boxes. Sides alternate; a figure is the median of the ratios of neighbours.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from actors.inference.engine import Completion, Engine, EngineConfig, Sampling
from actors.search.episode import Episode
from actors.search.plan import SearchPlan
from sandbox.problem import Problem

PLACES = 64
STALL_S = 600.0


class TurnBarrier:
    """Lets nobody begin a turn before everybody who still plays wants to."""

    def __init__(self, players: int) -> None:
        self.players, self._waiting = players, 0
        self._gate = asyncio.Event()

    async def wait(self) -> None:
        gate = self._gate
        self._waiting += 1
        self._open()
        await gate.wait()

    def leave(self) -> None:
        self.players -= 1
        self._open()

    def _open(self) -> None:
        if self._waiting >= self.players:
            self._gate.set()
            self._gate, self._waiting = asyncio.Event(), 0


class BarrierEngine:
    """An engine that is asked turn by turn."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.barrier = TurnBarrier(0)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    async def generate(self, prompt_ids: Sequence[int], sampling: Sampling) -> list[Completion]:
        await self.barrier.wait()
        return await self.engine.generate(prompt_ids, sampling)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """How one pass went. `busy`: share of it in which the engine had work."""

    wall_s: float
    tokens: int
    turns: int
    busy: float


class Bench:
    """Episodes of some problems on one engine and one judge."""

    def __init__(self, engine: Engine, tokenizer: Any, judge: Any, problems: Sequence[Problem], samples: int) -> None:
        self.engine, self.tokenizer, self.judge = engine, tokenizer, judge
        self.work = [(problem, sample) for problem in problems for sample in range(samples)]

    async def stream(self, plan: SearchPlan) -> Side:
        places = asyncio.Semaphore(PLACES)

        async def play(problem: Problem, sample: int) -> Episode:
            async with places:
                return await self._episode(self.engine, plan, problem, sample)

        return await self._measure(asyncio.gather(*(play(*one) for one in self.work)))

    async def turn_by_turn(self, plan: SearchPlan) -> Side:
        engine = BarrierEngine(self.engine)

        async def play(problem: Problem, sample: int) -> Episode:
            try:
                return await self._episode(engine, plan, problem, sample)
            finally:
                engine.barrier.leave()

        async def play_batches() -> list[Episode]:
            found: list[Episode] = []
            for first in range(0, len(self.work), PLACES):
                batch = self.work[first : first + PLACES]
                engine.barrier = TurnBarrier(len(batch))
                found += await asyncio.gather(*(play(*one) for one in batch))
            return found

        return await self._measure(play_batches())

    async def _episode(self, engine: Any, plan: SearchPlan, problem: Problem, sample: int) -> Episode:
        from actors.inference.watched import WatchedEngine
        from actors.search.request_cache import RolloutServices
        from actors.search.search import play_episodes

        services = RolloutServices(
            engine=WatchedEngine(engine, STALL_S, 256), tokenizer=self.tokenizer, judge=self.judge, max_context=2048
        )
        return (await play_episodes(services, [plan], problem, sample))[0]

    async def _measure(self, playing: Any) -> Side:
        started, busy = time.monotonic(), self.engine.busy_s
        episodes = await playing
        wall = time.monotonic() - started
        turns = [turn for episode in episodes for turn in episode.turns]
        tokens = sum(answer.tokens for turn in turns for answer in turn.answers)
        return Side(wall_s=wall, tokens=tokens, turns=len(turns), busy=(self.engine.busy_s - busy) / wall)


async def measure_streaming(options: argparse.Namespace) -> dict[str, Any]:
    bench, close = await (_simulated(options) if options.run else _real(options))
    rows = []
    for seed in range(options.rounds):
        plan = SearchPlan(turns=3, temperature=0.8, max_tokens=options.max_tokens, seed=seed, style=options.style)
        mine, theirs = await bench.stream(plan), await bench.turn_by_turn(replace(plan, seed=seed + 1000))
        rows.append((mine, theirs))
        print(f"streaming {mine}\nturn by turn {theirs}", file=sys.stderr, flush=True)
    await close()
    rates = [(mine.tokens / mine.wall_s, theirs.tokens / theirs.wall_s) for mine, theirs in rows]
    return {
        "episodes": len(bench.work),
        "streaming_tokens_s": statistics.median(mine for mine, _ in rates),
        "turn_by_turn_tokens_s": statistics.median(theirs for _, theirs in rates),
        "ratio": statistics.median(mine / theirs for mine, theirs in rates),
        "ratios": [mine / theirs for mine, theirs in rates],
        "busy": statistics.median(mine.busy for mine, _ in rows),
        "busy_turn_by_turn": statistics.median(theirs.busy for _, theirs in rows),
    }


async def _simulated(options: argparse.Namespace) -> tuple[Bench, Any]:
    """Engine and executor of a run's measured seconds."""
    from transformers import AutoTokenizer

    from benchmarks.simulated import SimulatedEngine, SimulatedExecutor, read_script
    from pipeline.state.models import resolve_model

    checkpoint = resolve_model(options.model)
    script = read_script(stage_files(options.run))
    engine, executor = SimulatedEngine(script, options.speed), SimulatedExecutor(script, options.speed)
    await engine.load(checkpoint)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint.path)
    return Bench(engine, tokenizer, executor.judge, _problems(options), options.samples), engine.close


async def _real(options: argparse.Namespace) -> tuple[Bench, Any]:
    """vLLM in this process, and boxes."""
    from transformers import AutoTokenizer

    from actors.executor.client import JudgeClient
    from actors.executor.executor import Executor, ExecutorConfig

    engine, checkpoint = open_model(options.model, options)
    executor = Executor(ExecutorConfig())
    await engine.load(checkpoint)

    async def close() -> None:
        await engine.close()
        await executor.close()

    tokenizer = AutoTokenizer.from_pretrained(checkpoint.path)
    return Bench(engine, tokenizer, JudgeClient([executor.judge]), _problems(options), options.samples), close


def _problems(options: argparse.Namespace) -> list[Problem]:
    from sandbox.problems.load import load_problems

    return load_problems(options.problems)[: options.limit]


def open_model(name: str, options: argparse.Namespace) -> tuple[Engine, Any]:
    from actors.inference.open import open_engine
    from pipeline.state.models import resolve_model

    checkpoint = resolve_model(name)
    config = EngineConfig(
        checkpoint=checkpoint,
        dtype=options.dtype,
        max_context=options.max_context,
        threads=options.threads,
        kv_cache_mib=options.kv_cache_mib,
    )
    return open_engine(config), checkpoint


async def measure_reload(options: argparse.Namespace) -> dict[str, Any]:
    """The same weights under another name, in place; and a new engine, its imports done."""
    engine, checkpoint = open_model(options.model, options)
    await engine.load(checkpoint)
    reloads, restarts = [], []
    for number in range(options.rounds):
        started = time.monotonic()
        report = await engine.load(replace(checkpoint, policy_id=f"again-{number}"))
        reloads.append(time.monotonic() - started)
        if report.rebuilt:
            raise SystemExit(f"the weights did not go in place: {report.rebuilt}")
        await engine.close()
        started = time.monotonic()
        engine, checkpoint = open_model(options.model, options)
        await engine.load(checkpoint)
        restarts.append(time.monotonic() - started)
    await engine.close()
    ratios = [restart / reload for reload, restart in zip(reloads, restarts, strict=True)]
    return {"reload_s": reloads, "restart_s": restarts, "ratio": statistics.median(ratios)}


def stage_files(run: Path) -> list[str]:
    from actors.storage.parts import committed_parts

    stage = run / "iter_0000" / "episodes"
    return [str(stage / part.file) for part in committed_parts(str(stage)).values()]


def read_shares(options: argparse.Namespace) -> dict[str, Any]:
    """Waits are what the judge took beyond its boxes' wall time, as a share of the turn."""
    from actors.storage.parquet import read_rows

    stage = options.run / "iter_0000" / "episodes"
    manifest = json.loads((stage / "manifest.json").read_text())
    waits, queue, times = [], [], []
    for row in read_rows(stage_files(options.run)):
        for turn in Episode.from_row(row).turns:
            boxes = sum(outcome.wall_s for answer in turn.answers for outcome in answer.outcomes)
            queue.append(max(turn.judge_s - boxes, 0.0))
            times.append(turn.sample_s + turn.judge_s)
            waits.append(queue[-1] / times[-1])
    found = {"stage_s": manifest["seconds"], "engine_busy_s": manifest["facts"]["engine_busy_s"]}
    found["turn_median_s"] = statistics.median(times)
    for name, values in (("queue_s", queue), ("queue_share_of_turn", waits)):
        found |= {f"{name}_median": statistics.median(values), f"{name}_p95": statistics.quantiles(values, n=20)[-1]}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("streaming", "reload", "shares"))
    parser.add_argument("--model", default="builtin:generator", help="whose engine, or only whose tokenizer with --run")
    parser.add_argument("--run", type=Path, help="a finished run, whose seconds are taken")
    parser.add_argument("--speed", type=float, default=1.0, help="times as fast as the run was")
    parser.add_argument("--problems", default="builtin:train")
    parser.add_argument("--style", default="bare")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    for name, value in (("limit", 100), ("samples", 4), ("rounds", 3), ("threads", 1), ("max-tokens", 64)):
        parser.add_argument(f"--{name}", type=int, default=value)
    for name, value in (("max-context", 512), ("kv-cache-mib", 128)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.part == "shares":
        found = read_shares(options)
    else:
        measure = {"streaming": measure_streaming, "reload": measure_reload}[options.part]
        found = asyncio.run(measure(options))
    print(json.dumps(found, indent=1))
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        name = f"{options.part}-{'simulated' if options.run else Path(options.model).name}.json"
        (options.out / name).write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
