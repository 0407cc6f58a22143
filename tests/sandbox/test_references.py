"""Reference solutions are accepted, and their mutants are rejected if plain asserts reject them."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.mutants import PER_SOLUTION, compare
from sandbox.commands.check import check_samples
from sandbox.pool.pool import Pool
from sandbox.problem import Problem
from sandbox.problems.load import load_problems
from sandbox.verdict import Verdict
from tests.sandbox.mutants import OPERATORS, mutants
from tests.support.published import raw

AWKWARD = [f"Mbpp/{n}" for n in (123, 367, 927, 11, 16, 601)] + [f"HumanEval/{n}" for n in (32, 38, 50, 2, 44, 72, 151)]
"""Slow, set-up code, challenge tests; helpers in the prompt, tolerances, loops, `is`, several statements."""
BROKEN_ELSEWHERE = (2, 23, 45, 53, 119)
"""Of HumanEvalPack: some of the 25 problems that the released code of µCode cannot judge, and an odd example test."""
PLUS = ("HumanEval/0", "HumanEval/2", "HumanEval/44", "Mbpp/2", "Mbpp/126", "Mbpp/737")
"""Written out; with a tolerance; compared as sets; a built-in's name; a test program that asserts nothing."""
INPUTS = {"HumanEval/2", "HumanEval/32", "HumanEval/160", "Mbpp/2", "Mbpp/124", "Mbpp/404", "Mbpp/581"}
"""As EvalPlus' evaluator reads them: floats, many results, text that is evaluated, sets, complex, inf, an oracle."""
CONTESTS = {
    "1000_A. Codehorses T-shirts": (
        "from collections import Counter\nn = int(input())\nold = Counter(input() for _ in range(n))\n"
        "new = Counter(input() for _ in range(n))\nprint(sum((old - new).values()))"
    ),
    "1139_C. Edgy Trees": (
        "import sys\nsys.setrecursionlimit(10 ** 6)\nn, k = map(int, input().split())\nup = list(range(n + 1))\n"
        "def find(x):\n  while up[x] != x:\n    up[x] = up[up[x]]\n    x = up[x]\n  return x\n"
        "for _ in range(n - 1):\n  u, v, black = map(int, input().split())\n  if not black: up[find(u)] = find(v)\n"
        "sizes = {}\nfor x in range(1, n + 1): sizes[find(x)] = sizes.get(find(x), 0) + 1\nM = 10 ** 9 + 7\n"
        "print((pow(n, k, M) - sum(pow(s, k, M) for s in sizes.values())) % M)"
    ),
    "12_B. Correct Solution?": (
        "n, m = input().strip(), input().strip()\ndigits = sorted(n)\nif n != '0':\n"
        "  at = next(i for i, d in enumerate(digits) if d != '0')\n  digits[0], digits[at] = digits[at], digits[0]\n"
        "print('OK' if ''.join(digits) == m else 'WRONG_ANSWER')"
    ),
    "1238_B. Kill 'Em All": (
        "import sys\ndata = iter(sys.stdin.read().split())\nfor _ in range(int(next(data))):\n"
        "  n, r = int(next(data)), int(next(data))\n"
        "  places = sorted({int(next(data)) for _ in range(n)}, reverse=True)\n"
        "  print(sum(1 for shot, x in enumerate(places) if x - shot * r > 0))"
    ),
}
"""The sample comes without solutions; these were written for it."""


def some_problems(count: int, seed: int) -> list[Problem]:
    problems = [*load_problems("mbpp"), *load_problems("humaneval")]
    awkward = [problem for problem in problems if problem.problem_id in AWKWARD]
    pack = [load_problems("humanevalpack")[number] for number in BROKEN_ELSEWHERE]
    return awkward + pack + random.Random(seed).sample(problems, count)


def not_accepted(pool: Pool, problems: list[Problem]) -> list[object]:
    suites = ("public", "private")
    futures = [(p.problem_id, s, pool.submit(p, p.reference or "", s)) for p in problems for s in suites]
    return [(name, suite, out) for name, suite, future in futures if not (out := future.result(600)).accepted]


def test_a_hundred_references_are_accepted(pool: Pool, data: None) -> None:
    assert not not_accepted(pool, some_problems(100, seed=1))


def test_references_of_evalplus_are_accepted(pool: Pool, data: None) -> None:
    problems = [p for name in ("humaneval_plus", "mbpp_plus") for p in load_problems(name) if p.problem_id in PLUS]
    assert len(problems) == len(PLUS)
    assert not not_accepted(pool, problems)


def test_evalplus_inputs_accept_references_and_reject_others(pool: Pool, data: None, tmp_path: Path) -> None:
    """The reference runs beside the tests, and a tolerance, sets and an oracle decide about values that came out."""
    files = {"humaneval": "humaneval_plus/HumanEvalPlus", "mbpp": "mbpp_plus/MbppPlus"}
    rows = [row for file in files.values() for row in raw(f"{file}-NoExtreme.jsonl.gz") if row["task_id"] in INPUTS]
    assert {row["task_id"] for row in rows} == INPUTS
    problems = []
    for name in files:
        own = [json.dumps(row) for row in rows if row["task_id"].lower().startswith(name)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(own))
        problems += load_problems(f"{name}_evalplus@{tmp_path}/{name}.jsonl")
    assert not not_accepted(pool, problems)
    for problem in problems:
        odd = f"def {problem.entry_point}(*arguments):\n    return [0.25]"
        outcome = pool.judge(problem, odd, "public")
        assert outcome.verdict in (Verdict.WRONG_ANSWER, Verdict.RUNTIME_ERROR), (problem.problem_id, outcome)


def test_contest_problems(pool: Pool, data: None) -> None:
    problems = {problem.problem_id: problem for problem in load_problems("codecontests_sample")}
    for name, solution in CONTESTS.items():
        for suite in ("public", "private"):
            outcome = pool.judge(problems[name], solution, suite)  # type: ignore[arg-type]
            assert outcome.accepted, (name, suite, outcome)
        assert not pool.judge(problems[name], f"{solution}\nprint(1)", "private").accepted


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("dataset", "count"),
    [
        ("mbpp", 974),
        ("mbpp_sanitized", 427),
        ("mbpp_plus", 378),
        ("humaneval", 164),
        ("humanevalpack", 164),
        ("humaneval_plus", 163),
    ],
)
def test_every_reference_is_accepted(engine: None, data: None, tmp_path: Path, dataset: str, count: int) -> None:
    out = tmp_path / "results.jsonl"
    assert check_samples(dataset, "reference", out, as_json=True, boxes=2) == 0
    verdicts = Counter(json.loads(line)["verdict"] for line in out.read_text().splitlines())
    assert verdicts == {"accepted": count}


def test_mutants_that_asserts_reject_are_rejected(pool: Pool, data: None) -> None:
    """About 100; `benchmarks/mutants.py` does all, and `docs/results/sandbox.md` explains where the two differ."""
    report = compare(pool, ["mbpp", "humaneval", "humanevalpack"], limit=25)
    rejected = sum(
        int(str(row["mutants"])) for row in report["counts"] if row["kind"] == "rejected, by asserts rejected"
    )
    assert rejected >= 60
    assert not report["disagreements"]


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_two_thousand_mutants(pool: Pool, data: None) -> None:
    report = compare(pool, list(PER_SOLUTION))
    rejected = [row for row in report["counts"] if str(row["kind"]).endswith("asserts rejected")]
    assert sum(int(str(row["mutants"])) for row in rejected) >= 2000
    assert {row["operator"] for row in rejected} == set(OPERATORS)
    wrong = [row for row in report["disagreements"] if row["judge"] == "accepted"]
    assert not wrong  # the other way round each has a reason, in docs/results/sandbox.md
    assert len(report["disagreements"]) <= 20


def test_a_mutant_of_each_kind_is_made() -> None:
    source = "def f(x, y):\n    x += 1\n    if x < 3 and max(x, y):\n        return x[1]\n    return range(y)"
    made = mutants(source, random.Random(0), 100)
    assert Counter(operator for operator, _ in made) == {
        "constant": 3,  # 1, 3, 1
        "comparison": 1,
        "arithmetic": 1,  # +=
        "boolean": 2,  # and, the condition
        "off by one": 2,  # the index, the range
        "swapped arguments": 1,
        "dropped statement": 1,  # the last that is one: the condition
        "returned value": 2,
    }
    assert ("off by one", source.replace("range(y)", "range(y - 1)")) in made
    assert len({operator for operator, _ in mutants(source, random.Random(0), 4)}) == 4
