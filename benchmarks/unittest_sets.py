"""BigCodeBench and ClassEval: the sandbox against plain unittest in the same image, on references and on mutants.

    MUCODE_DATA_DIR=... python -m benchmarks.unittest_sets --out report.json --packages pandas==2.3.3 scipy==1.16.3

Plain unittest runs in a container of the boxes' image (`benchmarks/plain_unittest.py`). Mutants are made of references
that both accept, one of each of so many problems. The JSON names every program on which the two differ.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.plain_unittest import plain_verdicts
from sandbox.pool.pool import Pool
from sandbox.problem import Problem
from sandbox.problems.load import load_problems
from sandbox.verdict import Outcome
from tests.sandbox.mutants import mutants

Program = tuple[str, Problem, str]
"""Its name, its problem, its text."""
WORDS = {True: "accepted", False: "rejected", None: "unjudged"}
AHEAD = 100
SETS = ("bigcodebench", "classeval")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--packages", nargs="*", default=[])
    parser.add_argument("--sets", nargs="*", default=list(SETS))
    parser.add_argument("--mutants", type=int, default=300, help="of each set, one of a problem")
    parser.add_argument("--limit", type=int, help="problems of each set, drawn with a fixed seed")
    options = parser.parse_args()
    report: dict[str, Any] = {}
    with Pool(boxes=2, packages=options.packages) as pool:
        for name in options.sets:
            problems = load_problems(name, options.packages)
            problems = random.Random(name).sample(problems, min(options.limit or len(problems), len(problems)))
            references = [(problem.problem_id, problem, problem.reference or "") for problem in problems]
            report[name], right = compare(pool, references, options.packages)
            report[f"{name}, mutants"], _ = compare(pool, [*some_mutants(right, options.mutants)], options.packages)
            options.out.write_text(json.dumps(report, indent=1))
    for name, found in report.items():
        print(name, json.dumps(found["counts"]))
        for one in found["differ"]:
            print("  ", {key: one[key] for key in one if key != "program"})


def compare(pool: Pool, programs: Sequence[Program], packages: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
    """Counts of both verdicts, every program on which they differ, and the problems of those that both accept."""
    plain = plain_verdicts(programs, packages)
    counts: Counter[str] = Counter()
    differ: list[dict[str, Any]] = []
    right: list[Problem] = []
    for (name, problem, program), ours in _judged(pool, programs):
        passed, said = plain[name]
        counts[f"{WORDS[ours.label]}, in plain unittest {WORDS[passed]}"] += 1
        if ours.label is passed:
            right += [problem] if passed else []
            continue
        row = {"program_of": name, "judge": str(ours.verdict), "judge_says": ours.message[:300], "unittest": passed}
        differ.append({**row, "unittest_says": said[:300], "program": program})
    return {"counts": dict(counts), "differ": differ}, right


def some_mutants(problems: Sequence[Problem], most: int) -> Iterator[Program]:
    """One of each problem, of which there may be fewer."""
    for problem in problems[:most]:
        rng = random.Random(problem.problem_id)
        for operator, program in mutants(problem.reference or "", rng, 1):
            yield f"{problem.problem_id}, {operator}", problem, program


def _judged(pool: Pool, programs: Sequence[Program]) -> Iterator[tuple[Program, Outcome]]:
    for start in range(0, len(programs), AHEAD):
        some = programs[start : start + AHEAD]
        futures = [pool.submit(problem, program, "private") for _, problem, program in some]
        yield from zip(some, (future.result() for future in futures), strict=True)


if __name__ == "__main__":
    main()
