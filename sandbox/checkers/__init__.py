"""Checkers: what makes the output of a program of standard input and output right is a row here and nowhere else.

May import the records below. One checker is a `Checker` (`checker.py`), listed in `shipped.py`, under its name here and
under those that other judges give it; another package brings one through the entry-point group `mucode.checkers`, or
problems name it by its import path, `package.module:NAME`. A problem's own program is no row: it runs in a judge box
(`source.py` reads it, `judging/checking.py` asks it). docs/datasets.md has the list.
"""

from sandbox.checkers.checker import Checker
from sandbox.checkers.shipped import ALIASES, ROWS
from sandbox.registry import Registry

__all__ = ["CHECKERS", "Checker", "get_checker"]

_BY_NAME = {row.name: row for row in ROWS}
CHECKERS: Registry[Checker] = Registry(
    "checker", Checker, _BY_NAME | {alias: _BY_NAME[name] for alias, name in ALIASES.items()}
)


def get_checker(name: str) -> Checker:
    """A checker by its name or import path. Raises RegistryError for one that does not exist."""
    return CHECKERS[name]
