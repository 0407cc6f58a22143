"""Programs whose verdict a loaded machine could change: near their CPU limit, or decided by the order of a set."""

import time
from itertools import count

from sandbox.problem import FunctionTest, Limits, Problem

Candidate = tuple[Problem, str]


def work(cpu_s: float) -> str:
    """A loop of that many CPU seconds on this machine when it is quiet."""
    loop = "n = 1\nfor _ in range({}): n = n * 3 % 1000003\n"
    started = time.process_time()
    exec(compile(loop.format(1_000_000), "calibration", "exec"), {})
    return loop.format(int(1_000_000 * cpu_s / (time.process_time() - started)))


def heavy_programs(number: int, limit_s: float, below: list[float]) -> list[Candidate]:
    """At those shares of their CPU limit in turn, and every seventh far above it."""
    tests = (FunctionTest("assert f(3) == [3, 6]"),)
    limits = Limits(cpu_limit_s=limit_s, wall_limit_s=10 * limit_s, memory_mib=256)
    problem = Problem(problem_id="heavy", prompt="", private_tests=tests, entry_point="f", limits=limits)
    loops = {share: work(share * limit_s) for share in (*below, 3.0)}
    shares = [3.0 if index % 7 == 6 else below[index % len(below)] for index in range(number)]
    return [(problem, f"{loops[share]}def f(x): return [x, 2 * x]\n# {n}") for n, share in zip(count(), shares)]


def hashed_programs(number: int) -> list[Candidate]:
    """Right or wrong by which of eight texts a set gives first: another seed of hashes has another half of them."""
    tests = (FunctionTest("assert f(3) == [3, 6]"),)
    problem = Problem(problem_id="hashed", prompt="", private_tests=tests, entry_point="f")
    program = (
        "first = next(iter({{f'{}-{{n}}' for n in range(8)}}))\ndef f(x): return [x, 2 * x] if first[-1] < '4' else []"
    )
    return [(problem, program.format(n)) for n in range(number)]
