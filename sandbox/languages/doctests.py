"""Doctest text as Python source: each example a block that a judge box knows how to check."""

import ast
from typing import Any

PROMPT = ">>>"


def python_source(source: str) -> str:
    """Python as it is; doctest text as what it asks for. Raises ValueError for examples that cannot be read."""
    text = _doctest_text(source)
    if text is None:
        return source
    import doctest  # it imports the debugger, and the command line answers at once

    return "\n".join(ast.unparse(_block(example)) for example in doctest.DocTestParser().get_examples(text))


def _doctest_text(source: str) -> str | None:
    """Text with examples, if it is no Python, or nothing but a string."""
    if PROMPT not in source:
        return None
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source
    values = [node.value.value for node in body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)]
    texts = [value for value in values if isinstance(value, str)]
    return "\n".join(texts) if len(texts) == len(body) else None


def _block(example: Any) -> ast.stmt:
    """`with __expect__(source, want, exception, flags) as __show__:` around an example's statements."""
    try:
        body = ast.parse(example.source).body
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"an example that is no Python ({error})") from None
    flags = sum(flag for flag, on in example.options.items() if on)
    about: list[ast.expr] = [ast.Constant(part) for part in (example.source, example.want, example.exc_msg, flags)]
    made = ast.Call(ast.Name("__expect__", ast.Load()), about, [])
    shown = [_Shown().visit(statement) for statement in body] or [ast.Pass()]
    item = ast.withitem(made, ast.Name("__show__", ast.Store()))
    return ast.fix_missing_locations(ast.With([item], shown))


class _Shown(ast.NodeTransformer):
    """Values of expressions are shown, as a console does; not those inside functions and classes."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr:
        return ast.Expr(ast.Call(ast.Name("__show__", ast.Load()), [node.value], []))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        return node
