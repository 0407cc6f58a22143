"""Where a plug-in comes from: its distribution, and a hash of its package's files, so that a change is noticed."""

import hashlib
import importlib.metadata
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from sandbox.registry import Registry, RegistryError, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """One plug-in row: which table, its name there, its import path, and what defines it.

    `distribution` is "" and `version` "" for a package that no distribution installed (a folder on PYTHONPATH).
    `digest` covers every file of the defining top-level package but caches.
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
    for name in importlib.metadata.packages_distributions().get(package, []):
        return name, importlib.metadata.version(name)
    return "", ""


def _digest(registry: Registry[Row], name: str, package: str) -> str:
    spec = importlib.util.find_spec(package)
    if spec is None:
        raise RegistryError(f"{registry.kind} {name!r}: there is no package {package!r}; install it, or set PYTHONPATH")
    roots = [Path(place) for place in spec.submodule_search_locations or []]
    files = [file for root in roots for file in sorted(root.rglob("*")) if file.is_file() and _counts(file)]
    if not roots and spec.origin:
        roots, files = [Path(spec.origin).parent], [Path(spec.origin)]
    digest = hashlib.sha256()
    for file in files:
        root = next(root for root in roots if root in file.parents)
        digest.update(f"{file.relative_to(root).as_posix()}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:20]


def _counts(file: Path) -> bool:
    return "__pycache__" not in file.parts and file.suffix != ".pyc"
