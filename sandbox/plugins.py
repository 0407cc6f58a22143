"""Where a plug-in comes from: its distribution, and a hash of its package's files, so that a change is noticed."""

import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path

from sandbox.registry import Registry, RegistryError, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One plug-in row: which table, its name there, its import path, and what defines it.

    `distribution` is "" and `version` "" for a package that no distribution installed (a folder on PYTHONPATH).
    `digest` covers every file of the defining top-level package but caches; of a package in an archive, the archive.
    """

    kind: str
    name: str
    path: str
    distribution: str
    version: str
    digest: str

    @property
    def identity(self) -> str:
        """What a stage's identity holds of it: another one is another stage."""
        return " ".join(filter(None, (self.distribution, self.version, self.digest)))

    def __str__(self) -> str:
        by = f" of {self.distribution} {self.version}" if self.distribution else ""
        return f"{self.kind} {self.name} ({self.path}{by}, files {self.digest})"


def plugin_origin(registry: Registry[Row], name: str) -> Origin | None:
    """Where the row `name` comes from; None for a shipped one. Reads the files, imports only parent packages.

    Raises RegistryError if the name or its module cannot be found.
    """
    path = registry.import_path(registry.check(name))
    if path is None:
        return None
    package = path.partition(":")[0].partition(".")[0]
    distribution, version = _distribution(package)
    return Origin(
        kind=registry.kind,
        name=name,
        path=path,
        distribution=distribution,
        version=version,
        digest=_digest(registry, name, package),
    )


def _distribution(package: str) -> tuple[str, str]:
    """Of several that share a namespace package the first by name, so that every node finds the same one."""
    names = sorted(importlib.metadata.packages_distributions().get(package, []))
    return (names[0], importlib.metadata.version(names[0])) if names else ("", "")


def _digest(registry: Registry[Row], name: str, package: str) -> str:
    try:
        spec = importlib.util.find_spec(package)
    except ValueError:  # __main__ of a console script has none
        spec = None
    if spec is None:
        raise RegistryError(f"{registry.kind} {name!r}: there is no package {package!r}; install it, or set PYTHONPATH")
    digest, files = hashlib.sha256(), list(_files(spec))
    if not files:
        raise RegistryError(f"{registry.kind} {name!r}: no files of the package {package!r} can be found to compare")
    for shown, file in files:
        try:
            with file.open("rb") as opened:
                content = hashlib.file_digest(opened, "sha256").digest()
        except OSError as error:
            raise RegistryError(
                f"{registry.kind} {name!r}: {file} cannot be read ({error.strerror}), and every file of the package "
                f"{package!r} is compared; make it readable, or move it out of the package"
            ) from error
        digest.update(f"{shown}\0".encode(errors="surrogateescape") + content)
    return digest.hexdigest()[:20]


def _files(spec: ModuleSpec) -> Iterator[tuple[str, Path]]:
    """Files of a package or module, each with its path within the package; if it lies in an archive, that archive."""
    for place in map(Path, spec.submodule_search_locations or []):
        found = (file for file in sorted(place.rglob("*")) if file.is_file() and _counts(file))
        yield from ((file.relative_to(place).as_posix(), file) for file in found)
        yield from _archive_of(place)
    if not spec.submodule_search_locations and spec.origin:
        origin = Path(spec.origin)
        yield from [(origin.name, origin)] if origin.is_file() else _archive_of(origin)


def _archive_of(place: Path) -> Iterator[tuple[str, Path]]:
    """The file that a path goes through, as in lib.zip/package."""
    yield from ((parent.name, parent) for parent in place.parents if not place.exists() and parent.is_file())


def _counts(file: Path) -> bool:
    return "__pycache__" not in file.parts and file.suffix != ".pyc"
