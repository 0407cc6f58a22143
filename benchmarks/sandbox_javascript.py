"""What one run of a JavaScript program costs, beside Node.js alone and beside Python in the same pool.

    python benchmarks/sandbox_javascript.py [--rounds 40]

Interleaved, one round after the other: (a) `node -e` on this machine with the same program, a subprocess each;
(b) a JavaScript function problem in a box; (c) the same with standard streams; (d) the same problem in Python.
Prints wall and CPU milliseconds (10th percentile and median) and the ratio of medians to (a), as JSON.
"""

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable

from sandbox.pool.pool import Pool
from sandbox.problem import FunctionTest, Problem, StdioTest

PROGRAM = "function f (x) { return [x, 2 * x] }"
CALLS = Problem(
    problem_id="calls",
    prompt="",
    language="javascript",
    private_tests=tuple(FunctionTest(f"assert.deepStrictEqual(f({x}), [{x}, {2 * x}])") for x in (1, 2, 3)),
)
STREAMS = Problem(
    problem_id="streams", prompt="", language="javascript", io="stdio", private_tests=(StdioTest("3", "3 6"),)
)
PYTHON = Problem(
    problem_id="python",
    prompt="",
    private_tests=tuple(FunctionTest(f"assert f({x}) == [{x}, {2 * x}]") for x in (1, 2, 3)),
)


def bare() -> float:
    """CPU seconds of one `node -e`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([shutil.which("node") or "node", "-e", f"{PROGRAM}; f(1); f(2); f(3)"], check=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def judged(pool: Pool, problem: Problem, program: str) -> Callable[[], float]:
    def run() -> float:
        outcome = pool.judge(problem, program, "private")
        assert outcome.accepted, outcome
        return outcome.cpu_s

    return run


def measure(rounds: int) -> dict[str, dict[str, float]]:
    streams = f"{PROGRAM}\nconsole.log(...f(+require('fs').readFileSync(0, 'utf8')))"
    with Pool(boxes=1, cached=False, languages=("python", "javascript")) as pool:
        ways = {
            "node -e, a subprocess": bare,
            "JavaScript, three calls": judged(pool, CALLS, PROGRAM),
            "JavaScript, standard streams": judged(pool, STREAMS, streams),
            "Python, three calls": judged(pool, PYTHON, "def f(x): return [x, 2 * x]"),
        }
        times: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                started = time.perf_counter()
                cpu_s = way()
                times[name].append((time.perf_counter() - started, cpu_s))
    base = statistics.median(wall for wall, _ in next(iter(times.values())))
    return {name: _row(pairs, base) for name, pairs in times.items()}


def _row(pairs: list[tuple[float, float]], base: float) -> dict[str, float]:
    wall, cpu = sorted(pair[0] for pair in pairs), sorted(pair[1] for pair in pairs)
    row = {"wall_p10_ms": wall[len(wall) // 10] * 1e3, "wall_p50_ms": statistics.median(wall) * 1e3}
    row |= {"cpu_p10_ms": cpu[len(cpu) // 10] * 1e3, "cpu_p50_ms": statistics.median(cpu) * 1e3}
    return {name: round(value, 2) for name, value in (row | {"wall_ratio": statistics.median(wall) / base}).items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=40)
    print(json.dumps(measure(parser.parse_args().rounds), indent=1))
