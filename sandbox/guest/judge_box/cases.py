"""Test cases that the source of a test defines and does not run itself: unittest's classes, pytest's functions."""

import ast
import sys
import types
import unittest
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.guest.judge_box import pytest_cases, unittest_cases
from sandbox.guest.judge_box.comparing import Comparison
from sandbox.guest.judge_box.pytest_cases import PytestCases
from sandbox.guest.judge_box.unittest_cases import Cases, Enter
from sandbox.protocol.names import PROGRAM_MODULES


class ProgramModule(types.ModuleType):
    """`import solution`: its attributes are the program's names. `ask` gives one."""

    __all__ = ()  # of a star: what is not there is asked for when it is used

    def __init__(self, name: str, ask: Callable[[str], Any]) -> None:
        super().__init__(name)
        self.__dict__["ask"] = ask

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.ask(name)


class TestCases:
    """The cases of one source after the other; `names` are the tests' global ones."""

    def __init__(self, names: dict[str, Any], comparison: Comparison, ask: Callable[[str], Any]) -> None:
        self.names, self.source = names, Cases(lambda *_: None, list)
        unittest_cases.install(comparison, lambda: self.source)
        sys.modules.update({name: ProgramModule(name, ask) for name in PROGRAM_MODULES})
        sys.modules.setdefault("pytest", pytest_cases.stand_in())

    def begin(self, enter: Enter) -> None:
        """The next source. `enter` is told each test function before it runs."""
        enter()
        self.source = Cases(enter, self._classes)

    def run(self, tree: ast.Module) -> None:
        """The cases of a source whose statements were executed, but for those that it ran itself.

        Raises what the first failing one raised, with its name as its `case`.
        """
        classes, functions = _defined(tree, ast.ClassDef), _defined(tree, ast.FunctionDef)
        if not classes and not functions:
            return
        read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        for name in classes:
            if _is_case(self.names.get(name)):
                self.source.run_class(self.names[name])
        plain = [name for name in classes if name.startswith("Test") and not _is_case(self.names.get(name))]
        functions = [name for name in functions if name.startswith("test") and name not in read]
        PytestCases(self.source, self.names).run(functions, plain)

    def _classes(self) -> Iterator[type]:
        return (value for value in [*self.names.values()] if _is_case(value))


def _is_case(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, unittest.TestCase) and value.__module__ != "unittest.case"


def _defined(tree: ast.Module, kind: type[ast.ClassDef] | type[ast.FunctionDef]) -> list[str]:
    """Names at the top, below `if` and `try` too."""
    found, nodes = [], list(tree.body)
    while nodes:
        node = nodes.pop(0)
        if isinstance(node, kind):
            found.append(node.name)
        elif not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            nodes += [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt)]
    return found
