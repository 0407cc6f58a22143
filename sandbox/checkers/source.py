"""A problem's own checker: Python that defines `check(input, output, expected)`, read before it runs anywhere.

What a program printed must stay data. A checker that evaluates it, or hands it to what does, would do whatever an
output says, so such a checker judges nothing.
"""

import ast

EVALUATES = frozenset({"eval", "exec", "compile", "__import__", "__builtins__", "sympify", "parse_expr"})
_MODULES = "pickle marshal shelve dill cloudpickle joblib subprocess importlib runpy code codeop ctypes builtins yaml"
EXECUTES = frozenset(_MODULES.split())
COMMANDS = frozenset({"system", "popen"})


def checker_fault(source: str) -> str | None:
    """Why it is no checker: it is not Python, or defines no function `check` of three arguments."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"it is not Python ({error})"
    named = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "check"]
    if not named or len(named[-1].args.args) != 3:
        return "it defines no function check(input, output, expected)"
    return None


def evaluates_text(source: str) -> str | None:
    """The first name by which it could execute what a program printed, None if it has none. The source parses."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name) and node.id in EVALUATES:
            return node.id
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for module in modules:
            if module.partition(".")[0] in EXECUTES:
                return module
        if isinstance(node, ast.Attribute) and node.attr in COMMANDS and ast.unparse(node.value) == "os":
            return ast.unparse(node)
    return None
