"""Tests as syntax: what they name, and their asserts rewritten so that both sides of a comparison can be told."""

import ast
import sys

NUMPY = {"np": "numpy", "numpy": "numpy"}
CATCHERS = ("suppress", "raises", "assertRaises", "assertRaisesRegex")
IMPURE = ("bisect", "heapq", "random")
"""Modules whose functions change what they are given, or draw: what they say depends on when they are asked."""


def used_modules(trees: list[ast.Module]) -> set[str]:
    """Names of modules that tests use as such: `name.attribute`."""
    used = {
        node.value.id
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    return used & (sys.stdlib_module_names | NUMPY.keys())


def caught_errors(trees: list[ast.Module]) -> set[str]:
    """Names behind `except`, alone or in a tuple, and those that `suppress`, `raises` and their like are given."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    kinds = [node.type for node in nodes if isinstance(node, ast.ExceptHandler)]
    calls = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(CATCHERS)]
    kinds += [argument for call in calls for argument in call.args]
    parts = [part for kind in kinds for part in (kind.elts if isinstance(kind, ast.Tuple) else [kind])]
    return {part.id for part in parts if isinstance(part, ast.Name)}


class AssertRewriter(ast.NodeTransformer):
    """`assert a == b` becomes a call that keeps both values; other asserts carry their own text. A message that their
    author gave stays.

    An expected value that asks nothing of the program is computed first, from arguments that are as they were:
    in `assert f(data) == data + data` the program could empty `data`. Whether a variable holds an object of the
    program shows when the test runs.
    """

    def __init__(self, trusted: set[str], modules: set[str], bound: set[str]) -> None:
        self.trusted, self.modules, self.bound = trusted, modules, bound

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        test = node.test
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            sides = [test.left, test.comparators[0]]
            if self._own(sides[0]) and not self._own(sides[1]):
                sides.reverse()  # it is written the other way round
            said = _said(node.msg)
            asserted: ast.stmt = ast.Expr(ast.Call(ast.Name("__equal__", ast.Load()), [*sides, *said], []))
            if self._own(sides[1]):
                first = ast.Expr(ast.Call(ast.Name("__expected_first__", ast.Load()), [*sides[::-1], *said], []))
                used: list[ast.expr] = [ast.Name(name, ast.Load()) for name in sorted(_loaded(sides[1]) - self.trusted)]
                plain = ast.Call(ast.Name("__plain__", ast.Load()), used, [])
                asserted = ast.If(plain, [first], [asserted]) if used else first
            return ast.fix_missing_locations(ast.copy_location(asserted, node))
        node.msg = node.msg or ast.Constant(ast.unparse(test))
        return ast.fix_missing_locations(node)

    def _own(self, expected: ast.expr) -> bool:
        """Whether an expression needs nothing but what the tests, their modules or Python define."""
        if not _loaded(expected) <= self.trusted | self.bound:
            return False
        for node in ast.walk(expected):
            if isinstance(node, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom):
                return False
            if isinstance(node, ast.Attribute):
                of_module = isinstance(node.value, ast.Name) and node.value.id in self.modules - {*IMPURE}
                if not of_module:
                    return False
            if isinstance(node, ast.Call):
                func = node.func.value if isinstance(node.func, ast.Attribute) else node.func
                if not isinstance(func, ast.Name) or func.id not in self.trusted or func.id == "next":
                    return False
        return True


def _said(message: ast.expr | None) -> list[ast.expr]:
    """An assert's message as a function, so that it is computed only if the assert fails."""
    if message is None or any(isinstance(node, ast.Await | ast.Yield | ast.YieldFrom) for node in ast.walk(message)):
        return []
    nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    return [ast.Lambda(nothing, message)]


def _loaded(expression: ast.expr) -> set[str]:
    """Names that an expression reads, without those of its own comprehensions."""
    names = [node for node in ast.walk(expression) if isinstance(node, ast.Name)]
    stored = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    arguments = {node.arg for node in ast.walk(expression) if isinstance(node, ast.arg)}
    return {name.id for name in names if isinstance(name.ctx, ast.Load)} - stored - arguments


def bound_names(trees: list[ast.Module]) -> set[str]:
    """Names that the tests bind themselves."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imports = [alias for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
    return {
        *(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)),
        *(node.arg for node in nodes if isinstance(node, ast.arg)),
        *((alias.asname or alias.name).split(".")[0] for alias in imports),
    }


def defined_functions(trees: list[ast.Module]) -> set[str]:
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
