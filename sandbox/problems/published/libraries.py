"""Which libraries the code of a published problem imports."""

import ast
import sys
from collections.abc import Iterable

IN_EVERY_IMAGE = sys.stdlib_module_names | {"numpy"}


def imported_libraries(*trees: ast.AST, besides: Iterable[str] = ()) -> tuple[str, ...]:
    """Top-level names beyond the standard library and numpy, in alphabetical order. `besides`: named elsewhere."""
    names = set(besides)
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return tuple(sorted(names - IN_EVERY_IMAGE))
