"""Reference solutions are accepted, and their mutants are rejected where plain asserts reject them."""

import ast
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.check import check
from sandbox.harness import codec
from sandbox.pool import Pool
from sandbox.problem import FunctionTest, Limits, Problem
from sandbox.problems.load import load
from sandbox.verdict import Verdict

AWKWARD = [f"Mbpp/{n}" for n in (123, 367, 927, 11, 16, 601)] + [f"HumanEval/{n}" for n in (32, 38, 50, 2, 44, 72, 151)]
"""Slow, set-up code, challenge tests; helpers in the prompt, tolerances, loops, `is`, several statements."""


def every_problem() -> list[Problem]:
    return [*load("mbpp"), *load("humaneval")]


def some_problems(count: int, seed: int) -> list[Problem]:
    problems = every_problem()
    awkward = [problem for problem in problems if problem.problem_id in AWKWARD]
    return awkward + random.Random(seed).sample(problems, count)


def test_a_hundred_references_are_accepted(pool: Pool, data: None) -> None:
    problems = some_problems(100, seed=1)
    futures = [(p.problem_id, s, pool.submit(p, p.reference or "", s)) for p in problems for s in ("public", "private")]
    failed = [(name, suite, out) for name, suite, future in futures if not (out := future.result(300)).accepted]
    assert not failed


@pytest.mark.slow
@pytest.mark.parametrize(("dataset", "count"), [("mbpp", 974), ("humaneval", 164)])
def test_every_reference_is_accepted(engine: None, data: None, tmp_path: Path, dataset: str, count: int) -> None:
    out = tmp_path / "results.jsonl"
    assert check(dataset, "reference", out, as_json=True, boxes=2) == 0
    verdicts = [json.loads(line)["verdict"] for line in out.read_text().splitlines()]
    assert verdicts == ["accepted"] * count


SWAPS: dict[type, type] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


def mutants(source: str, rng: random.Random, count: int) -> list[str]:
    """At most `count` programs that differ in one operator, constant, condition or returned value."""
    found = []
    for index in range(sum(1 for _ in ast.walk(ast.parse(source)))):
        tree = ast.parse(source)
        node = next(node for at, node in enumerate(ast.walk(tree)) if at == index)
        if mutate(node):
            found.append(ast.unparse(ast.fix_missing_locations(tree)))
    return rng.sample(found, min(count, len(found)))


def mutate(node: ast.AST) -> bool:
    """Change one node in place; False where there is nothing to change."""
    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in SWAPS:
        node.op = SWAPS[type(node.op)]()
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        node.ops[0] = SWAPS[type(node.ops[0])]()
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        node.value += 1
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        node.value = not node.value
    elif isinstance(node, ast.If | ast.While):
        node.test = ast.UnaryOp(ast.Not(), node.test)
    elif isinstance(node, ast.Return) and node.value is not None:
        node.value = ast.Tuple([node.value], ast.Load())
    else:
        return False
    return True


def plain_assert_problem(problem: Problem, mutant: str) -> Problem:
    """A program that runs the mutant and its tests as plain asserts, inside a box, and tells what they said.

    It is the naive judge, good enough for mutants, which do not cheat.
    """
    tests = "\n".join(test.source for test in problem.private_tests if isinstance(test, FunctionTest))
    program, tests = f"{problem.preamble}\n{mutant}", f"{problem.preamble}\n{problem.setup}\n{tests}"
    verdict = FunctionTest("assert plain() == True")
    runner = (
        # two namespaces: a mutant of the prompt's helper changes the program's copy, not the tests'
        f"def plain():\n  names = {{'__name__': 'main'}}\n  try:\n    exec({program!r}, names)\n"
        f"    exec({tests!r}, dict(names))\n"
        "  except BaseException:\n    return False\n  return True"
    )
    return Problem(
        problem_id="plain", prompt="", private_tests=(verdict,), entry_point="plain", reference=runner,
        limits=Limits(cpu_limit_s=3.0, wall_limit_s=30.0),
    )  # fmt: skip


def cases(problems: list[Problem], per_problem: int) -> Iterator[tuple[Problem, str]]:
    from dataclasses import replace

    limits = Limits(cpu_limit_s=3.0, wall_limit_s=30.0)
    for problem in problems:
        for mutant in mutants(problem.reference or "", random.Random(problem.problem_id), per_problem):
            yield replace(problem, limits=limits), mutant


def disagreements(pool: Pool, problems: list[Problem], per_problem: int) -> tuple[int, list[str]]:
    """Mutants that plain asserts reject, and those among them and the others on which the sandbox differs."""
    asked = []
    for problem, mutant in cases(problems, per_problem):
        plain = plain_assert_problem(problem, mutant)
        ours = pool.submit(problem, mutant, "private")
        asked.append((problem.problem_id, mutant, ours, pool.submit(plain, plain.reference or "", "private")))
    rejected, differ = 0, []
    for name, mutant, ours, theirs in asked:
        mine, plain_outcome = ours.result(600), theirs.result(600)
        rejected += not plain_outcome.accepted
        if mine.accepted != plain_outcome.accepted:
            differ.append(
                f"{name}: here {mine.verdict} {mine.message}, plain asserts {plain_outcome.verdict}\n{mutant}"
            )
    return rejected, differ


def test_mutants_that_asserts_reject_are_rejected(pool: Pool, data: None) -> None:
    problems = [problem for problem in some_problems(35, seed=2) if problem.problem_id != "Mbpp/123"]
    rejected, differ = disagreements(pool, problems, per_problem=2)
    assert rejected >= 50
    assert not differ, "\n\n".join(differ)


@pytest.mark.slow
def test_two_thousand_mutants(pool: Pool, data: None) -> None:
    problems = [problem for problem in every_problem() if problem.problem_id != "Mbpp/123"]
    rejected, differ = disagreements(pool, problems, per_problem=3)
    assert rejected >= 2000
    assert len(differ) <= 3, "\n\n".join(differ)  # programs that draw at random differ from run to run


def test_a_mutant_of_each_kind_is_made() -> None:
    source = "def f(x):\n    if x < 3 and True:\n        return x + 1\n    return x"
    assert len(mutants(source, random.Random(0), 100)) == 9
    assert codec.decode(codec.encode(Verdict.ACCEPTED)) == "accepted"
