"""Verdicts of the sandbox and of EvalPlus' evaluator on references, mutants, and references that answer in odd types.

    MUCODE_DATA_DIR=... python -m benchmarks.evalplus_kinds --dataset mbpp --problems 30 --seed 1 \
        --evalplus evalplus-env/lib/python3.11/site-packages

Model answers are plain; these programs return what they rarely do: tuples for lists, floats a little off, numbers of
numpy, iterators, subclasses. Disagreements are printed one by one. `benchmarks.evalplus_verdicts` says how to get
EvalPlus.
"""

import argparse
import gzip
import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.evalplus_verdicts import SETS, evaluate, published_inputs
from sandbox.pool.pool import Pool
from sandbox.problem import Problem
from sandbox.problems.load import load_problems
from tests.sandbox.mutants import mutants

MUTANTS = 2
DEADLINE_S = 600
HEAD = """
import collections, decimal, fractions
import numpy as np
class S(str): pass
class L(list): pass
class I(int): pass
class T(tuple): pass
class D(dict): pass
def same(o): return o
"""
INNER = "tuple(x) if isinstance(x, list) else list(x) if isinstance(x, tuple) else x"
NUMBER = "isinstance(o, int) and not isinstance(o, bool)"
MOVED = (
    "o + {0} if isinstance(o, float) else [x + {0} if isinstance(x, float) else x for x in o] if type(o) is list else o"
)
KINDS = {
    "reference": "o",
    "swapped sequences": "{list: tuple, tuple: list, set: list}.get(type(o), same)(o)",
    "a little off": MOVED.format("5e-7"),
    "off": MOVED.format("5e-5"),
    "numpy": "o if o is None or isinstance(o, (dict, set)) else np.asarray(o)[()]",
    "iterator": "iter(o) if isinstance(o, (list, tuple, set)) else o",
    "collections": "{dict: collections.OrderedDict, set: frozenset, list: collections.deque}.get(type(o), same)(o)",
    "other numbers": f"float(o) if {NUMBER} and abs(o) < 2**53 else int(o) if isinstance(o, bool) else o",
    "swapped inside": f"type(o)({INNER} for x in o) if isinstance(o, (list, tuple)) else o",
    "subclass": "{str: S, list: L, int: I, tuple: T, dict: D}.get(type(o), same)(o)",
    "none for false": "o or None",
    "complex": "complex(o) if isinstance(o, (int, float)) and abs(o) < 1e300 else o",
    "exact": f"decimal.Decimal(o) if {NUMBER} else fractions.Fraction(o) if isinstance(o, float) else o",
}
"""Of a reference's result `o`, what the program returns in its place."""
Sample = tuple[str, str, str]
"""Task id, kind, program."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", choices=SETS, required=True)
    parser.add_argument("--problems", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--evalplus", type=Path, required=True, help="the site-packages folder that holds evalplus")
    options = parser.parse_args()
    with gzip.open(published_inputs(options.dataset), "rt") as lines:
        rows = random.Random(options.seed).sample([json.loads(line) for line in lines], options.problems)
    with tempfile.TemporaryDirectory() as folder:
        inputs = Path(folder) / "inputs.jsonl"
        inputs.write_text("\n".join(map(json.dumps, rows)) + "\n")
        problems = {one.problem_id: one for one in load_problems(f"{options.dataset}_evalplus@{inputs}")}
        samples = [sample for one in problems.values() for sample in odd_programs(one, options.seed)]
        programs = [(task, program) for task, _, program in samples]
        theirs = evaluate(programs, options.dataset, options.evalplus.resolve(), inputs)
    differ = list(disagreements(samples, problems, theirs))
    for line in differ:
        print(json.dumps(line))
    print(f"{len(samples)} programs of {len(problems)} problems, {len(differ)} disagreements")


def odd_programs(problem: Problem, seed: int) -> Iterator[Sample]:
    reference, name = problem.reference or "", problem.entry_point
    for kind, result in KINDS.items():
        wrapped = f"_right = {name}\ndef {name}(*arguments):\n    o = _right(*arguments)\n    return {result}\n"
        yield problem.problem_id, kind, f"{reference}\n{HEAD}{wrapped}"
    for operator, program in mutants(reference, random.Random(seed), MUTANTS):
        yield problem.problem_id, f"mutant: {operator}", program


def disagreements(
    samples: list[Sample], problems: dict[str, Problem], theirs: dict[str, list[dict[str, Any]]]
) -> Iterator[dict[str, Any]]:
    """Samples of which the two say different things of the base or of the added inputs."""
    rows = {task: iter(found) for task, found in theirs.items()}
    with Pool(boxes=1) as pool:
        judged = [
            [pool.submit(problems[task], program, suite) for suite in ("public", "private")]
            for task, _, program in samples
        ]
        for (task, kind, program), futures in zip(samples, judged, strict=True):
            ours, row = [future.result(DEADLINE_S) for future in futures], next(rows[task])
            said = [row[f"{suite}_status"] for suite in ("base", "plus")]
            checked = 2 if problems[task].private_tests != problems[task].public_tests else 1
            if [one.accepted for one in ours][:checked] != [status == "pass" for status in said][:checked]:
                messages = [one.message for one in ours]
                yield {"task_id": task, "kind": kind, "ours": messages, "evalplus": said, "program": program}


if __name__ == "__main__":
    main()
