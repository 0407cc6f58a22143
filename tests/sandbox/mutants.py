"""Programs that differ from a reference solution in one place, by operator."""

import ast
import copy
import random
from collections.abc import Callable, Iterator

SWAPS: dict[str, dict[type, type]] = {
    "comparison": {
        ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
        ast.In: ast.NotIn, ast.NotIn: ast.In,
    },
    "arithmetic": {
        ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv,
        ast.Div: ast.Mult, ast.Pow: ast.Mult,
    },
}  # fmt: skip
Change = Callable[[ast.AST], bool]
"""Changes one node in place; False if there is nothing to change."""


def _constant(node: ast.AST) -> bool:
    if not isinstance(node, ast.Constant):
        return False
    if type(node.value) is bool:
        node.value = not node.value
    elif isinstance(node.value, int | float):
        node.value = node.value + 1
    elif isinstance(node.value, str) and node.value:
        node.value = node.value + node.value[-1]
    else:
        return False
    return True


def _comparison(node: ast.AST) -> bool:
    swap = SWAPS["comparison"].get(type(node.ops[0])) if isinstance(node, ast.Compare) else None
    if swap is not None and isinstance(node, ast.Compare):
        node.ops[0] = swap()
    return swap is not None


def _arithmetic(node: ast.AST) -> bool:
    swap = SWAPS["arithmetic"].get(type(node.op)) if isinstance(node, ast.BinOp | ast.AugAssign) else None
    if swap is not None and isinstance(node, ast.BinOp | ast.AugAssign):
        node.op = swap()
    return swap is not None


def _boolean(node: ast.AST) -> bool:
    if isinstance(node, ast.BoolOp):
        node.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
    elif isinstance(node, ast.If | ast.IfExp):
        node.test = ast.UnaryOp(ast.Not(), node.test)
    else:
        return False
    return True


def _off_by_one(node: ast.AST) -> bool:
    """The end of a range, an index or a bound of a slice."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range" and node.args:
        at = min(1, len(node.args) - 1)
        node.args[at] = ast.BinOp(node.args[at], ast.Sub(), ast.Constant(1))
    elif isinstance(node, ast.Slice) and (node.lower or node.upper):
        name = "upper" if node.upper else "lower"
        setattr(node, name, ast.BinOp(getattr(node, name), ast.Add(), ast.Constant(1)))
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and type(node.slice.value) is int:
        node.slice.value += 1
    else:
        return False
    return True


def _arguments(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or len(node.args) < 2 or any(isinstance(arg, ast.Starred) for arg in node.args):
        return False
    node.args[0], node.args[1] = node.args[1], node.args[0]
    return True


def _dropped(node: ast.AST) -> bool:
    """A statement of a block that has another one."""
    body = getattr(node, "body", None)
    kinds = ast.Assign | ast.AugAssign | ast.Expr | ast.If | ast.For
    if isinstance(node, ast.Module) or not isinstance(body, list) or len(body) < 2:
        return False
    last = next((at for at in reversed(range(len(body))) if isinstance(body[at], kinds)), None)
    if last is None:
        return False
    del body[last]
    return True


def _returned(node: ast.AST) -> bool:
    if not isinstance(node, ast.Return) or node.value is None:
        return False
    node.value = ast.IfExp(ast.copy_location(copy.deepcopy(node.value), node.value), ast.Constant(None), node.value)
    return True


OPERATORS: dict[str, Change] = {
    "constant": _constant,
    "comparison": _comparison,
    "arithmetic": _arithmetic,
    "boolean": _boolean,
    "off by one": _off_by_one,
    "swapped arguments": _arguments,
    "dropped statement": _dropped,
    "returned value": _returned,
}
"""All but the last keep types as a rule; the last returns None for what is true in a condition."""


def mutants(source: str, rng: random.Random, most: int) -> list[tuple[str, str]]:
    """At most `most` (operator, program), of different operators if the source allows it."""
    found = {name: list(_by(change, source)) for name, change in OPERATORS.items()}
    names = [name for name, programs in found.items() if programs]
    rng.shuffle(names)
    chosen: list[tuple[str, str]] = []
    while len(chosen) < most and names:
        for name in list(names)[: most - len(chosen)]:
            chosen.append((name, found[name].pop(rng.randrange(len(found[name])))))
            if not found[name]:
                names.remove(name)
    return chosen


def _by(change: Change, source: str) -> Iterator[str]:
    whole = ast.parse(source)
    original = ast.unparse(whole)
    for index, one in enumerate(ast.walk(whole)):
        if not change(copy.deepcopy(one)):  # as it is with most: the whole tree is copied for the others
            continue
        tree = copy.deepcopy(whole)
        node = next(node for at, node in enumerate(ast.walk(tree)) if at == index)
        if change(node):
            text = ast.unparse(ast.fix_missing_locations(tree))
            if text != original:
                yield text
