"""Honest programs with one small fault each: the sandbox against their tests in a plain process.

    MUCODE_DATA_DIR=... python -m benchmarks.differential --out differential.json

Unlike in `benchmarks.mutants` nothing of the sandbox judges on the other side: a process of Python or Node.js in a
container, with unittest where tests are written for it. Timeouts on either side and what is unjudged are counted apart.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.mutants import function_problems
from benchmarks.plain_runs import PlainRuns
from sandbox.image.build import ensure_image
from sandbox.languages import get_language
from sandbox.pool.pool import Pool
from sandbox.problem import Problem
from sandbox.verdict import Outcome, Verdict
from tests.sandbox.mutants import mutants
from tests.sandbox.mutants_javascript import javascript_mutants

SHARES = {
    "mbpp": 780, "humaneval": 320, "leetcode:test": 420, "classeval": 140, "bigcodebench": 120, "humanevalpack_js": 160,
    "mbpp_plus": 40, "humaneval_plus": 40,
}  # fmt: skip
"""Mutants of each set: 2,000."""
TIMEOUTS = (Verdict.TIME_LIMIT, Verdict.MEMORY_LIMIT, Verdict.OUTPUT_LIMIT)
EXPLAINED: dict[str, str] = {}
"""Problems on whose tests the two may disagree, and why."""
CPU_LIMIT_S = 2.0
AHEAD = 16
Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--boxes", type=int, default=2)
    parser.add_argument("--sets", nargs="*", default=list(SHARES))
    parser.add_argument("--part", type=float, default=1.0, help="of the mutants of each set")
    options = parser.parse_args()
    with Pool(boxes=options.boxes, languages=("python", "javascript")) as pool:
        rows = []
        for name in options.sets:
            rows += compare(pool, name, int(SHARES[name] * options.part))
            print(name, dict(Counter(row["kind"] for row in rows if row["set"] == name)), flush=True)
            options.out.write_text(json.dumps(rows, indent=1))
    for row in rows:
        if row["kind"].startswith(("disagree", "unjudged")):
            print({key: row[key] for key in row if key != "program"})


def compare(pool: Pool, name: str, count: int) -> list[Row]:
    """One row per mutant; its `kind` is one of "both accept", "both reject", "unjudged", "timeout", "disagree"."""
    language = "javascript" if name == "humanevalpack_js" else "python"
    image = ensure_image(language=get_language(language)) if language != "python" else ensure_image()
    rows, waiting = [], []
    with PlainRuns(image, CPU_LIMIT_S) as plain:
        for problem, tests, operator, program in _mutants(name, count):
            limits = replace(problem.limits, cpu_limit_s=CPU_LIMIT_S, wall_limit_s=60.0)
            judged = pool.submit(replace(problem, limits=limits), program, "private")
            waiting.append((problem, tests, operator, program, judged))
            if len(waiting) >= AHEAD:
                rows.append(_row(name, plain, *waiting.pop(0)))
        rows += [_row(name, plain, *one) for one in waiting]
    return rows


def _mutants(name: str, count: int) -> Iterator[tuple[Problem, str, str, str]]:
    """Of problems in turn, until there are enough: one of each, then another one of each."""
    problems = [*function_problems(name)]
    random.Random(name).shuffle(problems)
    each = -(-count // len(problems))
    made = mutants if name != "humanevalpack_js" else javascript_mutants
    found = [
        (problem, tests, made(problem.reference or "", random.Random(f"{name}/{problem.problem_id}"), each))
        for problem, tests in problems[:count]
    ]
    turns = ((problem, tests, *of[at]) for at in range(each) for problem, tests, of in found if at < len(of))
    for _, mutant in zip(range(count), turns, strict=False):
        yield mutant


def _row(
    name: str, plain: PlainRuns, problem: Problem, tests: str, operator: str, program: str, judged: "Future[Outcome]"
) -> Row:
    said = plain.run(
        language=problem.language, preamble=problem.preamble, program=program, setup=problem.setup, tests=tests,
        entry_point=problem.entry_point,
    )  # fmt: skip
    ours = judged.result()
    return {
        "set": name, "problem": problem.problem_id, "operator": operator, "kind": _kind(ours, said),
        "judge": str(ours.verdict), "judge_says": ours.message, "plain_says": said, "program": program,
    }  # fmt: skip


def _kind(ours: Outcome, said: str) -> str:
    if said == "timeout" or ours.verdict in TIMEOUTS:
        return "timeout"
    if ours.label is None:
        return "unjudged"
    if ours.label != (said == "passed"):
        return "disagree"
    return "both accept" if ours.label else "both reject"


if __name__ == "__main__":
    main()
