"""Mutants of reference solutions: the judge against plain asserts in the program's own process.

    MUCODE_DATA_DIR=... python -m benchmarks.mutants --out mutants.json

Each mutant is judged by the sandbox, and by a naive judge that runs the published tests as plain asserts beside it
(inside a box, for the host's sake). Every disagreement is in the JSON with both reasons.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

from sandbox.pool.pool import Pool
from sandbox.problem import FunctionTest, Limits, Problem
from sandbox.problems.load import load_problems
from sandbox.problems.published import humaneval, mbpp
from sandbox.verdict import Outcome
from tests.sandbox.mutants import mutants

PER_SOLUTION = {
    "mbpp": 2, "mbpp_sanitized": 1, "mbpp_plus": 1, "humaneval": 1, "humanevalpack": 1, "humaneval_plus": 2,
}  # fmt: skip
"""At most four of one problem's solutions in all."""
LIMITS = Limits(cpu_limit_s=3.0, wall_limit_s=30.0)
SLOW = {"Mbpp/123", "Mbpp/255", "Mbpp/271", "Mbpp/392", "Mbpp/599", "Mbpp/603", "HumanEval/139"}
"""References that need more than these limits, or most of them."""
AHEAD = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--boxes", type=int, default=2)
    parser.add_argument("--sets", nargs="*", default=list(PER_SOLUTION))
    parser.add_argument("--limit", type=int, help="problems of each set, drawn with a fixed seed")
    options = parser.parse_args()
    with Pool(boxes=options.boxes) as pool:
        report = compare(pool, options.sets, options.limit)
    options.out.write_text(json.dumps(report, indent=1))
    print(json.dumps(report["counts"], indent=1))
    for line in report["disagreements"]:
        print({key: line[key] for key in line if key != "program"})


WORDS = {True: "accepted", False: "rejected", None: "unjudged"}


def compare(pool: Pool, sets: list[str], limit: int | None = None) -> dict[str, list[dict[str, object]]]:
    """Counts per data set and operator, and every disagreement."""
    counts: Counter[tuple[str, str, str]] = Counter()
    disagreements: list[dict[str, object]] = []
    for name in sets:
        for problem, operator, program, ours, theirs in _judged(pool, name, limit):
            kind = f"{WORDS[ours.label]}, by asserts {WORDS[theirs.label]}"
            counts[name, operator, kind] += 1
            if ours.label is None or ours.label != theirs.label:  # a run without a verdict agrees with nothing
                disagreements.append(
                    {"set": name, "problem": problem.problem_id, "operator": operator, "judge": str(ours.verdict),
                     "judge_says": ours.message, "asserts_say": theirs.message, "program": program}
                )  # fmt: skip
    rows = [{"set": key[0], "operator": key[1], "kind": key[2], "mutants": n} for key, n in sorted(counts.items())]
    return {"counts": rows, "disagreements": disagreements}


Judged = tuple[Problem, str, str, Outcome, Outcome]


def _judged(pool: Pool, name: str, limit: int | None) -> Iterator[Judged]:
    """A window of mutants at work, so that a large set does not fill the memory."""
    waiting: list[tuple[Problem, str, str, Future[Outcome], Future[Outcome]]] = []
    for problem, tests in function_problems(name, limit):
        rng = random.Random(f"{name}/{problem.problem_id}")
        for operator, program in mutants(problem.reference or "", rng, PER_SOLUTION[name]):
            plain = plain_asserts(problem, tests, program)
            ours = pool.submit(problem, program, "private")
            waiting.append((problem, operator, program, ours, pool.submit(plain, plain.reference or "", "private")))
        while len(waiting) > AHEAD:
            yield _result(*waiting.pop(0))
    for item in waiting:
        yield _result(*item)


def _result(
    problem: Problem, operator: str, program: str, ours: "Future[Outcome]", theirs: "Future[Outcome]"
) -> Judged:
    return problem, operator, program, ours.result(), theirs.result()


def function_problems(name: str, limit: int | None = None) -> Iterator[tuple[Problem, str]]:
    """Problems under one CPU limit, and their private tests as published."""
    programs = {}
    if name == "humaneval_plus":
        rows = humaneval.PLUS.rows()
        programs = {row.text("task_id"): f"{row.text('test')}\ncheck({row.text('entry_point')})" for row in rows}
    elif name == "mbpp_plus":
        programs = {f"Mbpp/{row.number('task_id')}": row.text("test") for row in mbpp.PLUS.rows()}
    problems = [problem for problem in load_problems(name) if problem.problem_id not in SLOW]
    if limit is not None:
        problems = random.Random(name).sample(problems, limit)
    for problem in problems:
        tests = [test.source for test in problem.private_tests if isinstance(test, FunctionTest)]
        if problem.problem_id in programs:
            tests = [programs[problem.problem_id]]
        limits = replace(problem.limits, cpu_limit_s=LIMITS.cpu_limit_s, wall_limit_s=LIMITS.wall_limit_s)
        yield replace(problem, limits=limits), "\n".join(tests)


def plain_asserts(problem: Problem, tests: str, program: str) -> Problem:
    """A problem whose reference runs `program` and its tests as plain asserts, and tells what they said.

    Two namespaces: a mutant of a prompt's helper changes the program's copy, not the tests' own.
    """
    before, after = f"{problem.preamble}\n{program}", f"{problem.setup}\n{tests}"
    runner = (
        f"def plain():\n  names = {{'__name__': 'main'}}\n  try:\n    exec({before!r}, names)\n"
        f"    own = names[{problem.entry_point!r}]\n"
        f"    names = dict(names)\n    exec({problem.preamble!r}, names)\n    names[{problem.entry_point!r}] = own\n"
        f"    exec({after!r}, names)\n"
        "  except BaseException as error:\n    return f'{type(error).__name__}: {error}'[:200]\n  return 'passed'"
    )
    test = FunctionTest("assert plain() == 'passed'")
    return Problem(
        problem_id="plain", prompt="", private_tests=(test,), entry_point="plain", reference=runner,
        limits=problem.limits,
    )  # fmt: skip


if __name__ == "__main__":
    main()
