"""What batches bring between a client and an executor: programs per second through a Ray actor.

    python benchmarks/executor.py --programs 600 --rounds 5

*judged*: every program is another one. *known*: every outcome is remembered, so only the way there and back is left.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import ray

from actors.executor.client import JudgeClient, Lane, RayLane
from actors.executor.executor import Executor, ExecutorConfig
from sandbox.problem import FunctionTest, Problem, Suite
from sandbox.verdict import Outcome

PROBLEM = Problem(
    problem_id="double",
    prompt="",
    private_tests=tuple(FunctionTest(f"assert f({n}) == [{n}, {2 * n}]") for n in range(3)),
    entry_point="f",
)
IN_FLIGHT = 64


def single_lane(executor: Any) -> Lane:
    """One call of the actor for each program."""

    async def judge(problem: Problem, program: str, suite: Suite) -> Outcome:
        return await executor.judge.remote(problem, program, suite)

    return judge


async def rate(lane: Lane, programs: list[str]) -> float:
    client = JudgeClient([lane], in_flight=IN_FLIGHT)
    started = time.perf_counter()
    outcomes = await asyncio.gather(*(client(PROBLEM, program, "private") for program in programs))
    assert all(outcome.accepted for outcome in outcomes), next(o for o in outcomes if not o.accepted)
    return len(programs) / (time.perf_counter() - started)


async def measure(executor: Any, programs: int, rounds: int) -> dict[str, dict[str, float]]:
    lanes: dict[str, Lane] = {"one by one": single_lane(executor), "batches": RayLane(executor)}
    number = count()
    known = [f"def f(x): return [x, 2 * x]  # known {n}" for n in range(programs)]
    rates: dict[str, dict[str, list[float]]] = {kind: {name: [] for name in lanes} for kind in ("judged", "known")}
    await rate(lanes["batches"], known)
    for _ in range(rounds):
        for name, lane in lanes.items():
            new = [f"def f(x): return [x, 2 * x]  # {next(number)}" for _ in range(programs)]
            rates["judged"][name].append(await rate(lane, new))
            rates["known"][name].append(await rate(lane, known))
    return {kind: {name: statistics.median(values) for name, values in row.items()} for kind, row in rates.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--boxes", type=int, default=2)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    ray.init(address="local", include_dashboard=False, log_to_driver=False, num_cpus=2)
    executor: Any = ray.remote(Executor).options(num_cpus=0, max_concurrency=1000).remote(
        ExecutorConfig(boxes=options.boxes, least_boxes=options.boxes)
    )  # fmt: skip
    result = asyncio.run(measure(executor, options.programs, options.rounds))
    ray.get(executor.close.remote(), timeout=60)
    ray.shutdown()
    for kind, row in result.items():
        print(f"{kind:<8}" + "".join(f"{name}: {value:8.0f} programs/s   " for name, value in row.items()), end="")
        print(f"{row['batches'] / row['one by one']:.2f} x")
    if options.out:
        options.out.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
