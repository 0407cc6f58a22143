"""Tables of rows by name: what is shipped, and what other packages bring.

    name                    where the row comes from
    pt                      the table itself
    shortest                an entry point of the group `mucode.selectors`, declared by an installed distribution
    my_package.rows:SHORT   an import path: module, colon, name of the object

Shipped names win. Nothing is imported before a row is asked for (`registry[name]`): `registry.check(name)` reads names
alone, so commands that only read a run never import a plug-in.
"""

import difflib
import importlib
import importlib.metadata
import re
from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from sandbox.errors import UserError
from sandbox.plugin_rows import misfit, place, with_named_functions

Row = TypeVar("Row")
IMPORT_PATH = re.compile(r"[^\W\d][\w.]*:[^\W\d]\w*")


class RegistryError(UserError, ValueError):
    """A name that no row has, or a plug-in that is not what its table holds."""


class Registry(Mapping[str, Row], Generic[Row]):
    """Rows of one kind. As a mapping it lists the shipped rows; indexing finds plug-ins too."""

    def __init__(self, kind: str, row_type: type[Row], rows: Mapping[str, Row], *, plural: str | None = None) -> None:
        """`kind`: the singular noun for messages, as in "selector"; `plural` names the entry-point group."""
        self.kind, self.row_type, self.plural = kind, row_type, plural or f"{kind}s"
        self._shipped = dict(rows)
        self._loaded: dict[str, Row] = {}
        self._told_labels: dict[str, str] = {}

    @property
    def group(self) -> str:
        """The entry-point group: "mucode.selectors", "mucode.feedback_styles"."""
        return f"mucode.{self.plural.replace(' ', '_')}"

    def __getitem__(self, name: str) -> Row:
        """The row. Raises RegistryError if there is none, or if a plug-in cannot be imported."""
        if name in self._shipped:
            return self._shipped[name]
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        """Whether a row of this name is shipped."""
        return name in self._shipped

    def __iter__(self) -> Iterator[str]:
        return iter(self._shipped)

    def __len__(self) -> int:
        return len(self._shipped)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def label(self, name: str) -> str:
        """What people are shown for a row; imports nothing.

        Of a plug-in that is not loaded it is the label that `tell_label` was given, as a run stored it, else the last
        part of its name.
        """
        row = self._shipped.get(name) or self._loaded.get(name)
        if row is not None:
            return str(getattr(row, "label", name))
        return self._told_labels.get(name, name.rpartition(":")[2])

    def tell_label(self, name: str, label: str) -> None:
        """The label of a plug-in, for commands that do not import it."""
        self._told_labels[name] = label

    def check(self, name: str) -> str:
        """`name`, if a row of that name may exist; imports nothing. Raises RegistryError."""
        if name not in self._shipped and self.import_path(name) is None:
            close = difflib.get_close_matches(name, self._shipped, n=1)
            meant = f"; did you mean {close[0]!r}?" if close else "."
            raise RegistryError(
                f"no {self.kind} is named {name!r}{meant} Shipped: {', '.join(self._shipped)}. One of your own is "
                f"named package.module:NAME, or by an entry point of the group {self.group!r}"
            )
        return name

    def import_path(self, name: str) -> str | None:
        """`package.module:NAME` of a plug-in's row, without importing it; None for shipped and unknown names.

        Raises RegistryError if several installed distributions declare the name, each for another object.
        """
        if name in self._shipped:
            return None
        if IMPORT_PATH.fullmatch(name):
            return name
        points = importlib.metadata.entry_points(group=self.group, name=name)
        paths = sorted({point.value.partition("[")[0].strip() for point in points})
        if len(paths) > 1:
            raise RegistryError(
                f"{self.kind} {name!r} is declared {len(paths)} times by entry points of the group {self.group!r}: "
                f"{', '.join(paths)}. Name the one that is meant by its import path, as in {paths[0]}"
            )
        return paths[0] if paths else None

    def _load(self, name: str) -> Row:
        path = self.import_path(self.check(name))
        assert path is not None
        module, _, attribute = path.partition(":")
        where = f"{self.kind} {name!r} cannot be imported from {path}"
        try:
            found = importlib.import_module(module)
            row = getattr(found, attribute, None)
        except ModuleNotFoundError as error:
            own = error.name is None or f"{module}.".startswith(f"{error.name}.")
            what = "its package" if own else f"{error.name!r}, which it imports,"
            raise RegistryError(
                f"{where}: {error}. Install {what} on every node, or put its folder on PYTHONPATH"
            ) from error
        except (Exception, SystemExit) as error:  # whatever a stranger's module does as it is imported
            said = " ".join(f"{type(error).__name__}: {error}".split())
            raise RegistryError(f"{where}: {said}{place(error)}. Mend its package") from error
        if row is None and attribute not in vars(found):
            there = [one for one, value in vars(found).items() if isinstance(value, self.row_type)]
            raise RegistryError(
                f"{where}: module {module!r} has no attribute {attribute!r}. Its {self.plural}: "
                f"{', '.join(there) or 'none'}"
            )
        if not isinstance(row, self.row_type):
            raise RegistryError(
                f"{self.kind} {name!r}: {path} is {type(row).__name__}, expected {self.row_type.__name__} "
                f"({self.row_type.__module__})"
            )
        if (wrong := misfit(row)) is not None:
            raise RegistryError(f"{self.kind} {name!r}: {wrong}. Mend it in {module}")
        return with_named_functions(row, f"{self.kind} {path}")
