"""The sandbox beside plain ways to run a candidate, and its verdicts under load.

    MUCODE_DATA_DIR=... python benchmarks/judging.py --out sandbox.json

*speed*: MBPP candidates, a quarter of them wrong, public and private tests as two runs each, one worker on each side.
The ways take turns, round after round; a ratio is the median over rounds of a ratio within a round.
*flips*: the same programs judged quietly and with 1, 2 and 4 boxes per core, programs near their CPU limit and programs
that hang on the order of sets included; beside it, those near the limit under a plain wall limit of the same seconds. A
flip is another verdict than in the quiet run.
"""

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.load_programs import Candidate, hashed_programs, heavy_programs
from sandbox.containers import ownership
from sandbox.containers.docker_client import connect_engine
from sandbox.errors import ProblemError, SandboxUnavailable
from sandbox.image.build import ensure_image
from sandbox.judging.plan import make_plan
from sandbox.pool.pool import Pool, Question
from sandbox.problem import FunctionTest, Suite
from sandbox.problems.load import load_problems
from sandbox.verdict import Verdict

PREAMBLE = """import math
import re
import copy
import datetime
import itertools
import collections
import heapq
import functools
import hashlib
import numpy
import numpy as np
import string
from typing import *
from collections import *
import os
import sys
"""
SUITES: tuple[Suite, ...] = ("public", "private")
DEADLINE_S = 60
CORES = len(os.sched_getaffinity(0))
LEVELS = {"quiet": (1,), "1x": (CORES,), "2x": (2 * CORES,), "4x": (2 * CORES, 2 * CORES)}
"""Boxes of each pool: at 4x two pools share the machine, and neither knows of the other."""


def candidates(number: int) -> list[Candidate]:
    """Solutions of MBPP test problems whose tests are plain calls; every fourth returns None."""
    problems = [
        problem for problem in load_problems("mbpp:test") if all(make_plan(problem, suite).calls for suite in SUITES)
    ]
    wrong = [f"def {problem.entry_point}(*arguments):\n    return None\n" for problem in problems]
    return [
        (problem, wrong[index] if index % 4 == 3 else problem.reference or "")
        for index, problem in enumerate(problems[:number])
    ]


def scripts(candidate: Candidate, preamble: str = "") -> list[str]:
    """Program and asserts in one text, as a grader without a sandbox runs them: one for each suite."""
    problem, program = candidate
    tests = [[test.source for test in problem.tests(suite) if isinstance(test, FunctionTest)] for suite in SUITES]
    return ["\n".join([preamble, program, *sources]) for sources in tests]


def run(command: list[str]) -> bool:
    """The naive verdict: whether it exits with 0."""
    done = subprocess.run(command, capture_output=True, timeout=DEADLINE_S, check=False)
    return done.returncode == 0


def interpreter() -> str:
    """The Python that runs this; a shim in front of it would cost more than the interpreter's start."""
    if Path(sys.executable).read_bytes()[:4] != b"\x7fELF":
        raise SystemExit(f"{sys.executable} is a script, not an interpreter: run this by the real Python's path")
    return sys.executable


# ---- speed ------------------------------------------------------------------------------------------------------


def ways(
    pools: list[Pool], image: str, exec_in: str, bare: subprocess.Popen[bytes]
) -> dict[str, tuple[int, Callable[[list[Candidate]], Any]]]:
    """Of each way: how many candidates it takes per round, and how it judges them. Bare forks count by the pair."""
    python = [interpreter(), "-c"]
    isolated = ["--network", "none", "--read-only", "--cap-drop", "ALL", "--user", "65534:65534"]
    docker_run = ["docker", "run", "--rm", *isolated, image, "python3", "-c"]
    docker_exec = ["docker", "exec", exec_in, "python3", "-c"]

    def processes(command: list[str], preamble: str = "") -> Callable[[list[Candidate]], Any]:
        return lambda some: [run([*command, script]) for one in some for script in scripts(one, preamble)]

    def questions(some: list[Candidate]) -> list[Question]:
        return [(problem, program, suite) for problem, program in some for suite in SUITES]

    def forks(some: list[Candidate]) -> None:
        assert bare.stdin is not None and bare.stdout is not None
        bare.stdin.write(f"{2 * len(some)}\n".encode())
        bare.stdin.flush()
        assert bare.stdout.readline() == b"done\n"

    return {
        "subprocess, 16 imports": (2, processes(python, PREAMBLE)),
        "subprocess": (4, processes(python)),
        "docker run": (1, processes(docker_run)),
        "docker exec": (2, processes(docker_exec)),
        "sandbox, 1 box": (50, lambda some: pools[0].judge_many(questions(some))),
        "sandbox, 2 boxes": (50, lambda some: pools[1].judge_many(questions(some))),
        "sandbox, one by one": (25, lambda some: [pools[0].judge(*question) for question in questions(some)]),
        "bare forks": (25, forks),
    }


FORKS = """
import gc, os, sys
sys.path[:0] = ["/opt/box", f"/usr/local/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"]
from sandbox.guest import forking, preload
preload.preload_modules()
gc.freeze()
forking.trim_heap()
for line in sys.stdin:
    for _ in range(int(line)):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
    print("done", flush=True)
"""
"""What a run could cost at least: a process with the fork server's modules forks, ends and reaps children."""


@contextlib.contextmanager
def bare_forks(image: str) -> Iterator[subprocess.Popen[bytes]]:
    """A container that runs FORKS: it reads how many, and says when they are done."""
    command = ["docker", "run", "-i", "--rm", "--network", "none", image, "python3", "-I", "-S", "-c", FORKS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@contextlib.contextmanager
def warm_container(image: str) -> Iterator[str]:
    """A container that sleeps, for `docker exec`. Labelled as ours, so that a reaper finds it."""
    client = connect_engine()
    sleeper = ["python3", "-c", "import time; time.sleep(86400)"]
    container = client.containers.run(image, sleeper, detach=True, network_mode="none", labels=ownership.owner_labels())
    try:
        yield container.name
    finally:
        container.remove(force=True)


def measure_speed(some: list[Candidate], rounds: int) -> dict[str, Any]:
    image = ensure_image(connect_engine())
    with (
        Pool(boxes=1, cached=False) as one,
        Pool(boxes=2, cached=False) as two,
        warm_container(image) as name,
        bare_forks(image) as bare,
    ):
        table = ways([one, two], image, name, bare)
        source = cycle(some)
        table = {name: (min(number, len(some)), judge) for name, (number, judge) in table.items()}
        for number, judge in table.values():  # warm up: page cache, connections, the boxes' own caches
            judge([next(source) for _ in range(min(number, 10))])
        seconds: dict[str, list[float]] = {name: [] for name in table}
        for _ in range(rounds):
            for name, (number, judge) in table.items():
                batch = [next(source) for _ in range(number)]
                started = time.perf_counter()
                judge(batch)
                seconds[name].append((time.perf_counter() - started) / number)
    return {"seconds_per_candidate": seconds, **ratios(seconds)}


def ratios(seconds: dict[str, list[float]]) -> dict[str, Any]:
    def of(above: str, below: str) -> float:
        return statistics.median(a / b for a, b in zip(seconds[above], seconds[below], strict=True))

    return {
        "median_ms": {name: 1000 * statistics.median(values) for name, values in seconds.items()},
        "times_faster": {name: of("subprocess, 16 imports", name) for name in seconds},
        "over_bare_fork": of("sandbox, 1 box", "bare forks"),
        "one_by_one_over_bare_fork": of("sandbox, one by one", "bare forks"),
        "two_boxes_over_one": of("sandbox, 1 box", "sandbox, 2 boxes"),
    }


def print_speed(result: dict[str, Any]) -> None:
    print(f"{'per candidate (public + private)':<34}{'median ms':>10}{'against the first':>20}")
    for name, median in result["median_ms"].items():
        print(f"{name:<34}{median:>10.2f}{result['times_faster'][name]:>18.1f} x")
    print(f"one forked execution over a bare fork: {result['over_bare_fork']:.2f} x", end="")
    print(f" (one by one: {result['one_by_one_over_bare_fork']:.2f} x)")
    print(f"two boxes over one: {result['two_boxes_over_one']:.2f} x\n")


# ---- flips ------------------------------------------------------------------------------------------------------


def judged(pools: tuple[int, ...], some: list[Candidate]) -> list[str]:
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(Pool(boxes=boxes, cached=False)) for boxes in pools]
        futures = [pool.submit(*one, "private") for one, pool in zip(some, cycle(opened))]
        return [future.result().verdict.value for future in futures]


def judged_naively(workers: int, some: list[Candidate], limit_s: float) -> list[str]:
    def one(candidate: Candidate) -> str:
        try:
            command = [interpreter(), "-I", "-S", "-c", scripts(candidate)[1]]
            done = subprocess.run(command, capture_output=True, timeout=limit_s, check=False)
        except subprocess.TimeoutExpired:
            return Verdict.TIME_LIMIT.value
        return (Verdict.ACCEPTED if done.returncode == 0 else Verdict.WRONG_ANSWER).value

    with ThreadPoolExecutor(workers) as threads:
        return list(threads.map(one, some))


def measure_flips(
    some: list[Candidate], judgements: int, limit_s: float, levels: list[str], shares: list[float]
) -> dict[str, Any]:
    """Every eighth program is heavy, as many hang on hashes. The plain wall limit judges only the heavy ones."""
    heavy = heavy_programs(max(judgements // 8, 1), limit_s, shares)
    hashed = hashed_programs(len(heavy))
    light = [
        (replace(problem, problem_id=f"{n}"), f"{program}\n# {n}")
        for n, (problem, program) in zip(range(judgements - len(heavy) - len(hashed)), cycle(some))
    ] + hashed
    mixed = [one for pair in zip(heavy, _spread(light, len(heavy)), strict=True) for one in (pair[0], *pair[1])]
    result: dict[str, Any] = {
        "judgements": len(mixed),
        "heavy": len(heavy),
        "hashed": len(hashed),
        "limit_s": limit_s,
        "levels": {},
    }
    quiet: dict[str, list[str]] = {}
    for level, pools in {level: LEVELS[level] for level in ("quiet", *levels)}.items():
        started = time.perf_counter()
        verdicts = {"sandbox": judged(pools, mixed)}
        seconds = time.perf_counter() - started
        verdicts["wall limit"] = judged_naively(sum(pools), heavy, limit_s)
        quiet = quiet or verdicts
        flips = {
            name: sum(now != then for now, then in zip(verdicts[name], quiet[name], strict=True)) for name in verdicts
        }
        infrastructure = verdicts["sandbox"].count(Verdict.INFRASTRUCTURE_ERROR.value)
        result["levels"][level] = {
            "boxes": pools, "flips": flips, "infrastructure": infrastructure, "seconds": seconds,
            "time_limit": {name: values.count(Verdict.TIME_LIMIT.value) for name, values in verdicts.items()},
        }  # fmt: skip
    return result


def _spread(items: list[Candidate], parts: int) -> list[list[Candidate]]:
    return [items[part::parts] for part in range(parts)]


def print_flips(result: dict[str, Any]) -> None:
    heavy = result["heavy"]
    print(f"{'verdict flips against quiet':<30}{'sandbox':>16}{'wall limit':>16}{'infrastructure':>16}")
    for level, row in result["levels"].items():
        flips = row["flips"]
        ours, naive = f"{flips['sandbox']}/{result['judgements']}", f"{flips['wall limit']}/{heavy}"
        print(f"{level + ', boxes ' + '+'.join(map(str, row['boxes'])):<30}{ours:>16}{naive:>16}", end="")
        print(f"{row['infrastructure']:>16}")


# ---- all --------------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=("speed", "flips"), default=["speed", "flips"])
    parser.add_argument("--candidates", type=int, default=200, help="different MBPP candidates")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--judgements", type=int, default=512, help="of the flips, at every level")
    parser.add_argument("--levels", nargs="+", choices=list(LEVELS)[1:], default=list(LEVELS)[1:])
    parser.add_argument("--limit-s", type=float, default=1.0, help="CPU limit of the flips' heavy programs")
    parser.add_argument("--shares", nargs="+", type=float, default=[0.3, 0.6], help="of that limit, of those below it")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    try:
        some = candidates(options.candidates)
        engine = connect_engine().version()["Version"]
    except (ProblemError, SandboxUnavailable) as error:
        raise SystemExit(str(error)) from error
    result: dict[str, Any] = {
        "machine": f"{platform.processor() or platform.machine()}, {CORES} cores, Linux {platform.release()}",
        "python": platform.python_version(), "docker": engine, "load_before": os.getloadavg(),
    }  # fmt: skip
    if "speed" in options.parts:
        result["speed"] = measure_speed(some, options.rounds)
        print_speed(result["speed"])
    if "flips" in options.parts:
        result["flips"] = measure_flips(some, options.judgements, options.limit_s, options.levels, options.shares)
        print_flips(result["flips"])
    if options.out:
        options.out.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
