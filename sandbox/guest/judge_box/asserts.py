"""Tests as syntax: what they name, and their asserts rewritten so that both sides of a comparison can be told."""

import ast
import sys
from typing import TypeGuard

from sandbox.guest.judge_box.unittest_cases import COMPARING
from sandbox.protocol.names import PROGRAM_MODULES

LIBRARIES = {"np": "numpy", "numpy": "numpy", "pd": "pandas", "pandas": "pandas", "pytest": "pytest"}
"""Modules that tests use without importing them. A program's own `pytest.approx` would accept whatever it likes."""
CATCHERS = ("suppress", "raises", "assertRaises", "assertRaisesRegex")
IMPURE = ("bisect", "heapq", "random")
"""Modules whose functions change what they are given, or draw: what they say depends on when they are asked."""


def used_modules(trees: list[ast.Module]) -> dict[str, set[str]]:
    """Names of modules that tests use as such, with what they read of each: `name.attribute`."""
    used: dict[str, set[str]] = {}
    for node in [node for tree in trees for node in ast.walk(tree)]:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            used.setdefault(node.value.id, set()).add(node.attr)
    return {name: used[name] for name in used.keys() & (sys.stdlib_module_names | LIBRARIES.keys())}


def caught_errors(trees: list[ast.Module]) -> set[str]:
    """Names behind `except`, alone or in a tuple, and those that `suppress`, `raises` and their like are given."""
    return _caught([node for tree in trees for node in ast.walk(tree)])


def caught_by_case(tree: ast.Module, case: str | None) -> set[str]:
    """As `caught_errors`, of what runs with one test function: not the others."""
    nodes: list[ast.AST] = [tree]
    for node in nodes:
        nodes += [part for part in ast.iter_child_nodes(node) if not _is_test(part) or part.name == case]
    return _caught(nodes)


def _suppresses(call: ast.Call) -> bool:
    """All that it is given are exceptions; what follows the first one elsewhere is what is called, and with what."""
    return ast.unparse(call.func).endswith("suppress")


def _is_test(node: ast.AST) -> TypeGuard[ast.FunctionDef]:
    return isinstance(node, ast.FunctionDef) and node.name.startswith("test")


def _caught(nodes: list[ast.AST]) -> set[str]:
    kinds = [node.type for node in nodes if isinstance(node, ast.ExceptHandler)]
    calls = [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(CATCHERS)]
    kinds += [argument for call in calls for argument in (call.args if _suppresses(call) else call.args[:1])]
    parts = [part for kind in kinds for part in (kind.elts if isinstance(kind, ast.Tuple) else [kind])]
    own = {
        part.attr for part in parts if isinstance(part, ast.Attribute) and ast.unparse(part.value) in PROGRAM_MODULES
    }
    return own | {part.id for part in parts if isinstance(part, ast.Name)}


class AssertRewriter(ast.NodeTransformer):
    """`assert a == b` becomes a call that keeps both values; other asserts carry their own text. A message that their
    author gave stays.

    An expected value that asks nothing of the program is computed first, from arguments that are as they were:
    in `assert f(data) == data + data` the program could empty `data`. Whether a variable holds an object of the
    program shows when the test runs.
    """

    def __init__(self, trusted: set[str], modules: set[str], bound: set[str]) -> None:
        self.trusted, self.modules, self.bound = trusted, modules, bound

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """`type(x)` and `isinstance`, of which an object of the program knows more than its stand-in here."""
        self.generic_visit(node)
        asks = {"isinstance": len(node.args) == 2, "type": len(node.args) == 1}
        if isinstance(node.func, ast.Name) and node.func.id not in self.bound and asks.get(node.func.id):
            node.func = ast.copy_location(ast.Name(f"__{node.func.id}__", ast.Load()), node.func)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """What is in a class and in no function finds no name that the tests lack, so it is told where to look."""
        self.generic_visit(node)
        looked = _LookedUp(self.trusted - self.modules | self.bound)
        node.body = [looked.visit(part) for part in node.body]
        return ast.fix_missing_locations(node)

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        said = ast.Constant(ast.unparse(node.test))
        self.generic_visit(node)
        test = node.test
        if isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq):
            sides = [test.left, test.comparators[0]]
            if self._own(sides[0]) and not self._own(sides[1]):
                sides.reverse()  # it is written the other way round
            message = _said(node.msg)
            asserted = ast.Call(ast.Name("__equal__", ast.Load()), [*sides, *message], [])
            first = ast.Call(ast.Name("__expected_first__", ast.Load()), [*sides[::-1], *message], [])
            return self._chosen(node, sides[1], asserted, first)
        node.msg = node.msg or said
        return ast.fix_missing_locations(node)

    def visit_Expr(self, node: ast.Expr) -> ast.stmt:
        """`self.assertEqual(got, expected)` likewise."""
        self.generic_visit(node)
        call = node.value
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            return node
        starred = any(isinstance(one, ast.Starred) for one in call.args)
        if call.func.attr not in COMPARING or len(call.args) < 2 or starred:
            return node
        sides = call.args[:2]
        if self._own(sides[0]) and not self._own(sides[1]):
            sides.reverse()
        given = [call.func, *sides[::-1], *call.args[2:]]
        first = ast.Call(ast.Name("__with_expected_first__", ast.Load()), given, call.keywords)
        return self._chosen(node, sides[1], call, first)

    def _chosen(self, node: ast.stmt, expected: ast.expr, asserted: ast.Call, first: ast.Call) -> ast.stmt:
        """`first`, which computes the expected value first, if that asks nothing of the program; else `asserted`."""
        chosen: ast.stmt = ast.Expr(asserted)
        if self._own(expected):
            used: list[ast.expr] = [ast.Name(name, ast.Load()) for name in sorted(_loaded(expected) - self.trusted)]
            plain = ast.Call(ast.Name("__plain__", ast.Load()), used, [])
            chosen = ast.If(plain, [ast.Expr(first)], [chosen]) if used else ast.Expr(first)
        return ast.fix_missing_locations(ast.copy_location(chosen, node))

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


class _LookedUp(ast.NodeTransformer):
    """Names that are not known, as items of `__names__`; not inside functions."""

    def __init__(self, known: set[str]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.known or node.id.startswith("__") or not isinstance(node.ctx, ast.Load):
            return node
        return ast.Subscript(ast.Name("__names__", ast.Load()), ast.Constant(node.id), ast.Load())

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.decorator_list = [self.visit(part) for part in node.decorator_list]
        node.args = self.visit(node.args)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        return node


def _loaded(expression: ast.expr) -> set[str]:
    """Names that an expression reads, without those of its own comprehensions."""
    names = [node for node in ast.walk(expression) if isinstance(node, ast.Name)]
    stored = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    arguments = {node.arg for node in ast.walk(expression) if isinstance(node, ast.arg)}
    return {name.id for name in names if isinstance(name.ctx, ast.Load)} - stored - arguments


def bound_names(trees: list[ast.Module]) -> set[str]:
    """Names that the tests bind themselves."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imports = [
        alias
        for node in nodes
        if isinstance(node, ast.Import | ast.ImportFrom) and getattr(node, "module", None) not in PROGRAM_MODULES
        for alias in node.names
        if alias.name not in PROGRAM_MODULES
    ]
    return {
        *(node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)),
        *(node.arg for node in nodes if isinstance(node, ast.arg)),
        *((alias.asname or alias.name).split(".")[0] for alias in imports),
    }


def class_names(trees: list[ast.Module]) -> set[str]:
    """Names of classes, by what tests do with such a name or what a call of it gives: attributes, items set, `with`."""
    nodes = [node for tree in trees for node in ast.walk(tree)]
    made = {
        ast.unparse(target): node.value
        for node in nodes
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        for target in node.targets
    }
    used = [node.value for node in nodes if isinstance(node, ast.Attribute)]
    used += [node.value for node in nodes if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load)]
    used += [item.context_expr for node in nodes if isinstance(node, ast.With) for item in node.items]
    used = [made.get(ast.unparse(node), node) if isinstance(node, ast.Name | ast.Attribute) else node for node in used]
    names = [node.func if isinstance(node, ast.Call) else node for node in used]
    found = {node.id for node in names if isinstance(node, ast.Name)}
    return {name for name in found if name.lstrip("_")[:1].isupper() and "_" not in name.strip("_")}


def defined_functions(trees: list[ast.Module]) -> set[str]:
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
