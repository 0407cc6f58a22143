"""HumanEval+ and MBPP+ as EvalPlus' evaluator reads them: inputs, a tolerance, and a reference that says what is right.

The base inputs are the public test, the inputs that EvalPlus added the private one: passing the public test is pass@1
of HumanEval (MBPP), passing both that of HumanEval+ (MBPP+). Results are compared as EvalPlus 0.3.1 compares them, and
programs stand alone, as there: nothing of a prompt runs before them.
"""

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.problem import FunctionTest, Limits, Problem
from sandbox.problems.data_set import DataSetLoader
from sandbox.problems.published.evalplus_arguments import Arguments, meant_arguments
from sandbox.problems.published.mbpp import HEAVY, SPLITS
from sandbox.problems.rows import ProblemRow
from sandbox.problems.sources import DataSource
from sandbox.problems.suites import SuiteOptions

HUMANEVAL = DataSource("humaneval_plus/HumanEvalPlus-NoExtreme.jsonl.gz")
MBPP = DataSource("mbpp_plus/MbppPlus-NoExtreme.jsonl.gz")
LIMITS = Limits(memory_mib=4096, values_mib=64)
"""Of a suite: memory as EvalPlus allows. It gives each input the larger of 1 s and 4 times what the reference takes."""
NAME = re.compile(r"Mbpp/\d{1,9}")
SETS = "set(got) == set(expected)"
NOT_NONE = "(got if isinstance(got, bool) else got is not None) == (expected is not None)"
ORACLES = {
    "HumanEval/32": "abs(sum(c * math.pow(got, i) for i, c in enumerate(arguments[0]))) <= tolerance",
    "Mbpp/558": "got == expected or got == sum(abs(int(a) - int(b)) for a, b in zip(*padded(*arguments)))",
    "Mbpp/581": "got == expected or abs(got - pyramid(*arguments)) <= tolerance",
    **{f"Mbpp/{number}": SETS for number in (2, 7, 111, 140, 232, 579, 769)},
    **{f"Mbpp/{number}": NOT_NONE for number in (737, 787, 794)},
}
"""When a result is right, where that is more than being the expected one."""
ALONE = {"HumanEval/32"}
"""Problems with many right results: what is not right by the oracle is not compared with the expected one."""
REFERENCES = {
    "HumanEval/160": """def do_algebra(operator, operand):
    values, signs = list(operand), list(operator)
    for level in (("**",), ("*", "//"), ("+", "-")):
        while places := [place for place, sign in enumerate(signs) if sign in level]:
            place = places[-1 if "**" in level else 0]
            sign, left, right = signs.pop(place), values[place], values.pop(place + 1)
            values[place] = {
                "**": lambda: left**right,
                "*": lambda: left * right,
                "//": lambda: left // right,
                "+": lambda: left + right,
                "-": lambda: left - right,
            }[sign]()
    return values[0]
"""
}
"""In the place of a reference that evaluates text, which nothing may where a verdict is made; results are the same."""
TEST = """import copy
import math
import numpy as np
from ast import literal_eval

inf, nan = float("inf"), float("nan")


def padded(*numbers):
    texts = [str(number) for number in numbers]
    return [text.zfill(max(map(len, texts))) for text in texts]


def pyramid(base, height):
    return round(base**2 + 2 * base * math.sqrt((base / 2) ** 2 + height**2))


def floats(value):
    if isinstance(value, np.ndarray):
        return value.dtype in (np.float32, np.float64)
    if isinstance(value, (list, tuple)):
        return len(value) > 0 and all(isinstance(item, float) for item in value)
    return isinstance(value, float)


def close(got, expected, tolerance):
    if type(got) is not type(expected) or isinstance(expected, (list, tuple)) and len(got) != len(expected):
        return False
    return bool(np.allclose(got, expected, rtol=1e-07, atol=tolerance))


{reference}


def check(candidate):
    right, tolerance = reference(), {tolerance}
    for arguments in {inputs}:
        shown = repr(arguments)[1:-1]
        expected = right(*copy.deepcopy(arguments))
        got = candidate(*arguments)
        if tolerance == 0 and floats(expected):
            tolerance = 1e-6
        accepted = {oracle}
        if not accepted and tolerance and {compared}:
            accepted = close(got, expected, tolerance)
        assert accepted, f"{name}({{shown}}) is {{got!r}}, expected {{expected!r}}"


check({name})
"""


def load_humaneval_inputs(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """All 164 problems. Raises ProblemError."""
    return [
        _problem(row, options, row.text("prompt") + row.text("canonical_solution"), lambda _, call: call)
        for row in HUMANEVAL.rows(path)
    ]


def load_mbpp_inputs(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """The 378 problems of MBPP+, or those of a split of MBPP. Raises ProblemError."""
    problems = []
    for row in MBPP.rows(path):
        problem = _problem(row, options, row.text("canonical_solution"), meant_arguments)
        if not NAME.fullmatch(problem.problem_id):
            raise row.refuse("task_id", "Mbpp/NUMBER")
        if split is None or _number(problem.problem_id) in SPLITS[split]:
            problems.append(problem)
    return problems


def _number(problem_id: str) -> int:
    return int(problem_id.rpartition("/")[2])


def _problem(
    row: ProblemRow, options: SuiteOptions, reference: str, meant: Callable[[int, Arguments], Arguments]
) -> Problem:
    base, plus = (_test(row, field, reference, meant) for field in ("base_input", "plus_input"))
    public, private = options.divide([base] if base else [], [plus] if plus else [])
    return Problem(
        problem_id=row.identifier("task_id"),
        prompt=row.text("prompt"),
        public_tests=public,
        private_tests=private,
        entry_point=row.name("entry_point"),
        reference=reference,
        limits=HEAVY[255] if row.identifier("task_id") == "Mbpp/255" else LIMITS,
    )


def _test(
    row: ProblemRow, field: str, reference: str, meant: Callable[[int, Arguments], Arguments]
) -> FunctionTest | None:
    """A program that compares on every input of the field; None if it has none."""
    identifier, name, calls = row.identifier("task_id"), row.name("entry_point"), row.fields.get(field) or []
    if not isinstance(calls, list) or not all(isinstance(call, list) for call in calls):
        raise row.refuse(field, "a list of lists of arguments")
    tolerance = row.fields.get("atol")
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float):
        raise row.refuse("atol", "a number")
    try:
        inputs = [meant(_number(identifier), call) for call in calls]
    except (TypeError, ValueError, AttributeError, LookupError, OverflowError) as error:
        raise row.refuse(field, f"arguments of {identifier} ({error})") from None
    values: dict[str, Any] = {
        "reference": _inside(row, REFERENCES.get(identifier, reference), name),
        "tolerance": repr(tolerance),
        "inputs": _written(inputs),
        "oracle": ORACLES.get(identifier, "got == expected"),
        "compared": identifier not in ALONE,
        "name": name,
    }
    return FunctionTest(TEST.format(**values)) if calls else None


def _written(inputs: list[Any]) -> str:
    """As one text where that can be read back: the tests are searched for what cannot be judged, part by part."""
    text = repr(inputs)
    try:
        ast.literal_eval(text)
    except ValueError:  # inf and nan have no literals
        return text
    return f"literal_eval({text!r})"


def _inside(row: ProblemRow, reference: str, name: str) -> str:
    """A function that returns the reference's, so that the name at the margin is the program's."""
    body = row.tree("canonical_solution", reference).body
    inside = ast.parse("def reference(): ...").body[0]
    assert isinstance(inside, ast.FunctionDef)
    inside.body = [*body, ast.Return(ast.Name(name))]
    return ast.unparse(ast.fix_missing_locations(inside))


ROWS = (
    DataSetLoader(
        name="humaneval_evalplus",
        label="HumanEval+ as EvalPlus judges it",
        load=load_humaneval_inputs,
        splits=("test",),
        public="the base inputs",
        private="the inputs that EvalPlus added",
        place=HUMANEVAL.file,
    ),
    DataSetLoader(
        name="mbpp_evalplus",
        label="MBPP+ as EvalPlus judges it",
        load=load_mbpp_inputs,
        splits=tuple(SPLITS),
        public="the base inputs",
        private="the inputs that EvalPlus added",
        place=MBPP.file,
    ),
)
