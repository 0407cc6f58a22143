"""Judges programs that nobody has read, in Docker boxes; needs neither Ray nor torch, and works alone.

    from sandbox import Pool, load_problems

    with Pool(boxes=2) as pool:
        outcome = pool.judge(load_problems("humaneval")[0], program, "private")

The public face is `__all__`; a name is imported when it is first used. Rooms, from the top: cli → commands → selftest →
pool → {image, problems} → judging → {languages, checkers, containers} → {guest, rendering} → protocol →
{packages, problem, verdict} → plugins → registry → {json_text, plugin_rows, processes, terminal} → errors. Each may
import those behind it.
guest and protocol also run inside a box, in a package of the same name whose `__init__` is empty: they import nothing
of the others, and never this file.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.checkers.checker import Checker
    from sandbox.errors import BoxLost, LimitNotEnforced, Overloaded, ProblemError, SandboxUnavailable, UserError
    from sandbox.languages.language import Language
    from sandbox.pool.pool import Pool
    from sandbox.problem import FunctionTest, Limits, Problem, StdioTest
    from sandbox.problems.data_set import DataSet, DataSetLoader
    from sandbox.problems.load import load_problems, read_problems
    from sandbox.verdict import Outcome, TestResult, Verdict, answer_is_right

__all__ = [
    "BoxLost",
    "Checker",
    "DataSet",
    "DataSetLoader",
    "FunctionTest",
    "Language",
    "LimitNotEnforced",
    "Limits",
    "Outcome",
    "Overloaded",
    "Pool",
    "Problem",
    "ProblemError",
    "SandboxUnavailable",
    "StdioTest",
    "TestResult",
    "UserError",
    "Verdict",
    "answer_is_right",
    "load_problems",
    "read_problems",
]
_HOMES = {
    "checkers.checker": ("Checker",),
    "errors": ("BoxLost", "LimitNotEnforced", "Overloaded", "ProblemError", "SandboxUnavailable", "UserError"),
    "languages.language": ("Language",),
    "pool.pool": ("Pool",),
    "problem": ("FunctionTest", "Limits", "Problem", "StdioTest"),
    "problems.data_set": ("DataSet", "DataSetLoader"),
    "problems.load": ("load_problems", "read_problems"),
    "verdict": ("Outcome", "TestResult", "Verdict", "answer_is_right"),
}
_MODULES = {name: f"sandbox.{module}" for module, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """A public name, imported now. Raises AttributeError for any other."""
    if name not in _MODULES:
        raise AttributeError(f"module 'sandbox' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
