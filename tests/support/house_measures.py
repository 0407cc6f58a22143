"""The measures of docs/design/house.md, of any tree: `python -m tests.support.house_measures [ROOT]`."""

import ast
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

PACKAGES = ("pipeline", "actors", "sandbox")
HOSTILE = "programs"
"""Folder of programs that a self-test runs in a box; they are no part of the house."""
Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


def sources(root: Path) -> dict[Path, ast.Module]:
    """Every module of the three packages, by its path."""
    files = (path for package in PACKAGES for path in sorted((root / package).rglob("*.py")))
    return {path: ast.parse(path.read_text()) for path in files if HOSTILE not in path.parts}


def quantile(values: Sequence[int], share: float) -> int:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def functions(module: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(module) if isinstance(node, Function))


def length(node: ast.AST) -> int:
    return node.end_lineno - node.lineno + 1  # type: ignore[attr-defined]


def is_typed(function: Function) -> bool:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return function.returns is not None and all(one.annotation or one.arg in ("self", "cls") for one in arguments)


def public_names(modules: dict[Path, ast.Module]) -> dict[str, set[Path]]:
    """Public functions, classes and methods, and the files that define each."""
    found: dict[str, set[Path]] = defaultdict(set)
    for path, module in modules.items():
        for node in module.body:
            inner = node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else []
            for one in (node, *inner):
                if isinstance(one, Definition) and not one.name.startswith("_"):
                    found[one.name].add(path)
    return found


def word_count(name: str) -> int:
    """Words of a snake_case or CamelCase name."""
    return len(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", name))


def import_circles(modules: dict[Path, ast.Module], root: Path) -> list[list[str]]:
    """Modules that import each other, directly or not; imports within functions and for types count."""
    names = {".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path for path in modules}
    edges = {name: _imported(modules[path], names) - {name} for name, path in names.items()}
    reach = {name: _reachable(name, edges) for name in edges}
    circles = {
        frozenset(other for other in reach[name] if name in reach[other]) for name in edges if name in reach[name]
    }
    return sorted(sorted(circle) for circle in circles)


def _imported(module: ast.Module, names: Collection[str]) -> set[str]:
    found = set()
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (inner & set(names)) or {node.module}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & set(names)


def _reachable(start: str, edges: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    todo = [start]
    while todo:
        new = edges[todo.pop()] - found
        found |= new
        todo += new
    return found


def documented(nodes: Sequence[ast.AST]) -> str:
    known = [node for node in nodes if ast.get_docstring(node)]  # type: ignore[arg-type]
    return f"{100 * len(known) / max(1, len(nodes)):.0f} %"


def measures(root: Path) -> dict[str, str]:
    """What is measured, as text."""
    modules = sources(root)
    lines = [len(path.read_text().splitlines()) for path in modules]
    every = [function for module in modules.values() for function in functions(module)]
    lengths, names = [length(function) for function in every], public_names(modules)
    single = [name for name in names if word_count(name) == 1]
    shared = [name for name, files in names.items() if len(files) > 1]
    folders = Counter(path.parent for path in modules if path.name != "__init__.py")
    top = [node for module in modules.values() for node in module.body if isinstance(node, Definition)]
    public = [node for node in top if not node.name.startswith("_")]
    text = "".join(path.read_text() for path in modules)
    return {
        "files / k lines": f"{len(modules)} / {sum(lines) / 1000:.1f}",
        "file lines median / p90 / max": f"{quantile(lines, 0.5)} / {quantile(lines, 0.9)} / {max(lines)}",
        "function lines median / p90 / max": f"{quantile(lengths, 0.5)} / {quantile(lengths, 0.9)} / {max(lengths)}",
        "functions fully typed": f"{100 * sum(map(is_typed, every)) / len(every):.0f} %",
        "docstring on public function": documented([node for node in public if isinstance(node, Function)]),
        "docstring on public class": documented([node for node in public if isinstance(node, ast.ClassDef)]),
        "docstring on module": documented(list(modules.values())),
        "public names that are one word": f"{100 * len(single) / len(names):.0f} %",
        "public names defined in 2 files or more": f"{100 * len(shared) / len(names):.0f} %",
        "import circles": str(len(import_circles(modules, root))),
        "most files in one folder": f"{max(folders.values())} ({folders.most_common(1)[0][0].relative_to(root)})",
        "`Any` / `dict[str, Any]`": f"{text.count('Any')} / {text.count('dict[str, Any]')}",
        "`type: ignore` / `noqa`": f"{text.count('type: ignore')} / {text.count('# noqa')}",
        "`where` in lines": str(sum(bool(re.search(r"\bwhere\b", line)) for line in text.splitlines())),
    }


if __name__ == "__main__":
    for name, value in measures(Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()).items():
        print(f"| {name} | {value} |")
