"""The program that does nothing: what a problem tests has its name, and gives nothing back.

Tests that accept it accept nearly anything. `check --samples null` judges it and names the problems that do.
"""

import ast

from sandbox.problem import FunctionTest, Problem
from sandbox.problems.free_names import program_names, source_tree

FUNCTION = "def {name}(*arguments, **named):\n    return None\n"
CLASS = """class {name}:
    def __init__(self, *arguments, **named):
        pass

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return nothing
"""
METHOD = "\n    {kind}def {method}(*arguments, **named):\n        return None\n"
NOTHING = "def nothing(*arguments, **named):\n    return None\n\n"
READ = 20
"""Tests of a problem whose names are looked for: a suite of a thousand asks for the same ones."""
KINDS = {"staticmethod", "classmethod"}


def null_stub(problem: Problem) -> str | None:
    """Its source in the problem's language; None if there is none for that language."""
    if problem.io == "stdio":
        return {"python": "", "javascript": ""}.get(problem.language)
    if problem.language == "javascript":
        return f"function {problem.entry_point}() {{}}\n" if problem.entry_point else None
    return _python_stub(problem) if problem.language == "python" else None


def _python_stub(problem: Problem) -> str | None:
    """A function or a class for each name that the tests ask the program for."""
    tests = (*problem.public_tests, *problem.private_tests)[:READ]
    trees = [source_tree(test.source) for test in tests if isinstance(test, FunctionTest)]
    common = [ast.parse(problem.preamble), ast.parse(problem.setup)]
    names = program_names([*trees, common[1]], common[:1])
    names |= {problem.entry_point} if problem.entry_point else set()
    classes = {node.name: node for node in ast.walk(_reference(problem)) if isinstance(node, ast.ClassDef)}
    parts = [_stub(name, classes) for name in sorted(names)]
    return NOTHING + "\n".join(parts) if parts else None


def _stub(name: str, classes: dict[str, ast.ClassDef]) -> str:
    is_class = name in classes or name == "Solution"
    return _class(name, classes.get(name)) if is_class else FUNCTION.format(name=name)


def _reference(problem: Problem) -> ast.Module:
    try:
        return ast.parse(problem.reference or "")
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def _class(name: str, node: ast.ClassDef | None) -> str:
    """With the methods of the reference, static ones as such; others give nothing as well."""
    text = CLASS.format(name=name)
    for part in node.body if node else ():
        if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and not part.name.startswith("__"):
            kinds = [ast.unparse(one) for one in part.decorator_list if ast.unparse(one) in KINDS]
            text += METHOD.format(kind="".join(f"@{kind}\n    " for kind in kinds), method=part.name)
    return text
