"""Python: which tests are a call and a literal, which name they test, and when values are equal.

A test that splits sends its call into the program's box and keeps its literal on the host. Everything else is
for a judge box. When in doubt a test does not split: both ways give the same verdict, this one is faster.
"""

import ast
from collections import Counter
from collections.abc import Iterable
from typing import Any

from sandbox import rendering
from sandbox.languages.doctests import python_source
from sandbox.languages.language import Call, JudgeBox, Language
from sandbox.protocol import codec
from sandbox.protocol.equality import values_close
from sandbox.protocol.sharing import Anything

_CONVERSIONS = "abs bool dict float frozenset int len list max min round set sorted str sum tuple"
CONVERSIONS = frozenset(_CONVERSIONS.split())
"""Pure built-ins that may stand around the tested call and still be evaluated beside it."""
PARAMETERS = {"round", "int", "sorted"}
"""Those that may have further arguments: a precision, a base, a direction. `max(f(x), 3) == 3` must not send its 3."""
DECIDING = (ast.Compare, ast.BoolOp, ast.UnaryOp, ast.NamedExpr, ast.IfExp, ast.JoinedStr, ast.Await)
"""What could hold a verdict: `f(f(3) == [1, 2])` must not send its answer either."""
COLLECTIONS = {"set": set, "frozenset": frozenset, "list": list, "tuple": tuple}


def split_test(
    test: str, name: str | None, trusted: frozenset[str] = frozenset(), adapters: frozenset[str] = frozenset()
) -> Call | None:
    """The call and the expected value of one assert about `name`; None if it needs a judge box.

    `trusted` names belong to the problem (its preamble's helpers). A test that uses one gets the problem's own
    from a judge box; evaluated beside the program it could meet the program's. `adapters` are those of them that run
    beside the program all the same, and are kept from it.
    """
    compared = _compared(test)
    if compared is None or name is None:
        return None
    left, right = compared
    used = {node.id for node in ast.walk(left) if isinstance(node, ast.Name)}
    if not _is_call_of(left, name, adapters) or used & (trusted - {name} - adapters) or _decides(left):
        return None
    try:
        return Call(ast.unparse(left), _literal(right))
    except (ValueError, TypeError, RecursionError):
        return None


def _decides(call: ast.expr) -> bool:
    """Whether anything inside the call compares or tests what another call gives. Constructors build inputs."""
    parts = [node for node in ast.walk(call) if isinstance(node, DECIDING)]
    called = [inner.func for part in parts for inner in ast.walk(part) if isinstance(inner, ast.Call)]
    plain = CONVERSIONS | {"range"}
    return any(not isinstance(func, ast.Name) or (func.id not in plain and func.id[:1].islower()) for func in called)


def are_independent(setup: str, tests: Iterable[str]) -> bool:
    """Whether the tests may run in any order: each is one assert that binds no name, and set-up only imports."""
    try:
        parsed = [ast.parse(source).body for source in (setup, *tests)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    if not all(isinstance(node, ast.Import | ast.ImportFrom) for node in parsed[0]):
        return False
    single = all(len(body) == 1 and isinstance(body[0], ast.Assert) for body in parsed[1:])
    return single and not any(
        isinstance(node, ast.NamedExpr) for body in parsed for part in body for node in ast.walk(part)
    )


def defined_names(source: str) -> frozenset[str]:
    """Names that trusted source defines or imports at its top level."""
    names: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        else:
            names |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return frozenset(names)


def tested_name(tests: Iterable[str]) -> str | None:
    """The function that all splittable tests call, None if they do not agree or call another one inside.

    `assert check(f(1), [1, 2]) == True` must not make `check` the tested name: its arguments hold the answer.
    """
    names: Counter[str] = Counter()
    for test in tests:
        compared = _compared(test)
        outer = None if compared is None else _outermost(compared[0])
        if outer is None:
            continue
        names[outer.func.id] += 1  # type: ignore[attr-defined]
        inner = {node.func.id for arg in _arguments(outer) for node in ast.walk(arg) if _is_named_call(node)}  # type: ignore[attr-defined]
        if any(other[:1].islower() and other not in CONVERSIONS | {"range"} for other in inner - set(names)):
            return None
    return next(iter(names)) if len(names) == 1 else None


def _compared(test: str) -> tuple[ast.expr, ast.expr] | None:
    """Both sides of a test that is one `assert a == b`."""
    try:
        body = ast.parse(test.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if len(body) != 1 or not isinstance(body[0], ast.Assert):
        return None
    compare = body[0].test
    if not isinstance(compare, ast.Compare) or len(compare.ops) != 1 or not isinstance(compare.ops[0], ast.Eq):
        return None
    return compare.left, compare.comparators[0]


def _is_call_of(node: ast.expr, name: str, adapters: frozenset[str]) -> bool:
    """`name(...)` or `Name(...).method(...)`, perhaps inside conversions whose other arguments are literals."""
    if _is_method_of(node, name):
        return True
    if not _is_named_call(node):
        return False
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    if node.func.id == name:
        return True
    if node.func.id not in CONVERSIONS | adapters or not node.args or not _is_call_of(node.args[0], name, adapters):
        return False
    if node.func.id not in PARAMETERS and (len(node.args) > 1 or node.keywords):
        return False
    return all(_is_literal(arg) for arg in (*node.args[1:], *(keyword.value for keyword in node.keywords)))


def _is_method_of(node: ast.expr, name: str) -> bool:
    """A call of a method of a new object: `Solution().add(1, 2)`. Of a function's result it is the judge's to call."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr.startswith("_"):
        return False
    made = node.func.value
    return name[:1].isupper() and _is_named_call(made) and made.func.id == name  # type: ignore[attr-defined]


def _outermost(node: ast.expr) -> ast.Call | None:
    """The call inside conversions, if one is there; else the call itself."""
    if not _is_named_call(node):
        return None
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    inner = _outermost(node.args[0]) if node.func.id in CONVERSIONS and node.args else None
    return inner or node


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def _is_named_call(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name)


def _is_literal(node: ast.expr) -> bool:
    try:
        _literal(node)
    except (ValueError, TypeError, RecursionError):
        return False
    return True


def _literal(node: ast.expr) -> Any:
    """A literal, or a built-in collection of one. Raises ValueError for anything that would need evaluation."""
    if _is_named_call(node):
        assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        if node.func.id in COLLECTIONS and len(node.args) <= 1 and not node.keywords:
            return COLLECTIONS[node.func.id](*(ast.literal_eval(arg) for arg in node.args))  # type: ignore[operator]
        raise ValueError("a call")
    return ast.literal_eval(node)


def python_statements(source: str) -> tuple[str, ...]:
    """A test may be a whole program here: the judge box runs it. Raises ValueError if it does not parse."""
    try:
        ast.parse(python_source(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(str(error)) from None
    return (source,)


def value_difference(tree: Any, expected: Any, tolerance: float | None) -> str | None:
    """What is wrong with a value that a box sent, None if it is the expected one. Raises for what is no value."""
    got = codec.decode_value(tree)
    return None if values_close(got, expected, tolerance) else rendering.describe_mismatch(got, expected)


ANYTHING = Anything()


def check_tree(tree: Any) -> None:
    """No two objects are alike: they may be keys. What follows is looked at when it comes, texts are texts."""
    codec.decode_value(tree, _stands_for, codec.Array, lambda _: [], lambda text: [text], ANYTHING)


def _stands_for(number: int, name: str) -> codec.Opaque:
    return codec.Opaque(name)


def show_tree(tree: Any) -> str:
    return rendering.show_value(codec.decode_value(tree))


LANGUAGE = Language(
    name="python",
    title="Python",
    fences=("python",),
    more_fences=("py", "python3", "py3"),
    suffix=".py",
    judge_box=JudgeBox(check_tree=check_tree, show_tree=show_tree, are_independent=are_independent),
    statements=python_statements,
    split=split_test,
    tested_name=tested_name,
    defined_names=defined_names,
    difference=value_difference,
)
