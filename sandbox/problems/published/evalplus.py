"""EvalPlus' test programs, written out: one assert per input instead of a loop over all of them.

A loop needs a judge box and one exchange per input; asserts are sent as calls and compared on the host, which is
several times as fast. Only programs of exactly the published form are written out, and only if they compare
exactly. One with another helper, with inputs or results that are no literals, or with float results (compared with
a tolerance) stays as it is.

One thing is stricter: if an empty list or tuple is expected, the published helper asks `numpy.allclose(out, [])`,
which holds for every number and for every list of one. Written out, only what equals the expected value is right.
"""

import ast
import hashlib
import re
from typing import Any

from sandbox.problem import FunctionTest

PRELUDE = {"6f11581db2b4487a", "9affba9309da05ce", "fe69f80aa3d5f149"}
"""Digests of the statements that every program begins with: two imports and the test for floats."""
EXACT = {"1dda2052de12e982", "e7b0160a3c465957"}
SETS = {"6d3dceda1eafe325"}
"""Digests of the helper that compares: the values themselves, or as sets. Equal values pass and, if no float is
expected and the tolerance is 0, nothing else does."""
LOOP = re.compile(
    r"for i, \(inp, exp\) in enumerate\(zip\(inputs, results\)\):\n    assertion\((\w+)\(\*inp\), exp, 0\)"
)
CHECK = "candidate"
"""HumanEval+'s programs are a function with this parameter, MBPP+'s name the function itself."""


def written_out(program: ast.Module, name: str | None = None) -> list[FunctionTest]:
    """One assert per input, or nothing if the program is not of the form. `name`: the function to call."""
    statements = program.body
    check = statements[-1] if statements else None
    if isinstance(check, ast.FunctionDef) and [arg.arg for arg in check.args.args] == [CHECK]:
        statements = [*statements[:-1], *check.body]
    *prelude, inputs, results, loop = statements if len(statements) > 3 else [None] * 4
    called = LOOP.fullmatch(ast.unparse(loop)) if loop else None
    digests = [_digest(node) for node in prelude if node]
    compares = [digest for digest in digests if digest in EXACT | SETS]
    if called is None or set(digests) - PRELUDE != set(compares) or len(compares) != 1:
        return []
    (arguments, given), (expected, values) = _items(inputs, "inputs"), _items(results, "results")
    if not all(isinstance(item, list) for item in given) or len(given) != len(values) or any(map(_floats, values)):
        return []
    name = name if called[1] == CHECK else called[1]
    form = "assert set({}({})) == set({})" if compares[0] in SETS else "assert {}({}) == {}"
    return [
        FunctionTest(form.format(name, ast.unparse(call)[1:-1], ast.unparse(right)))
        for call, right in zip(arguments, expected, strict=True)
    ]


def _digest(node: ast.stmt) -> str:
    """Of the statement without comments, layout and the messages of its asserts; 16 hex digits."""
    for part in ast.walk(node):
        if isinstance(part, ast.Assert):
            part.msg = None
    return hashlib.sha256(ast.unparse(node).encode()).hexdigest()[:16]


def _items(node: ast.stmt | None, name: str) -> tuple[list[ast.expr], list[Any]]:
    """Source and value of the literals in the list that is assigned to `name`; none if it is anything else."""
    if not isinstance(node, ast.Assign) or ast.unparse(node.targets[0]) != name or not isinstance(node.value, ast.List):
        return [], []
    try:
        return node.value.elts, ast.literal_eval(node.value)
    except (ValueError, TypeError):
        return [], []


def _floats(value: Any) -> bool:
    """Whether the helper would compare with a tolerance that can matter: a float, or a sequence of floats only."""
    if isinstance(value, list | tuple):
        return bool(value) and all(isinstance(item, float) for item in value)
    return isinstance(value, float)
