"""A language's own layer of the image: a few programs with their shared libraries, and no package manager.

Out of Debian's packages if the base came from a registry, else out of this machine. Both copy the same files, and the
base's libraries fit them: they come from the same place.
"""

import shutil
from pathlib import Path

from sandbox.errors import SandboxUnavailable
from sandbox.image.rootfs import copy_libraries
from sandbox.languages import Language

FROM_PACKAGES = """FROM {registry} AS build
RUN apt-get update && apt-get install -y --no-install-recommends {packages}
RUN mkdir -p /out/usr/local/bin && for name in {files}; do \\
      case "$name" in \\
        /*) [ ! -e "$name" ] || cp --parents -rL "$name" /out ;; \\
        *) cp -L "$(command -v "$name")" "/out/usr/local/bin/$name" || exit 1 ;; \\
      esac; \\
    done \\
 && find /out -type f -exec ldd {{}} + 2>/dev/null | grep -o '/[^ ]* (0x' | cut -d' ' -f1 | sort -u \\
  | grep -v ^/out/ | while read -r name; do \\
      cp --parents -L "$(readlink -f "$(dirname "$name")")/$(basename "$name")" /out; \\
    done
FROM {base}
COPY --from=build /out/ /
"""
FROM_HERE = """FROM {base}
COPY root /
"""


def layer_identity(language: Language) -> str:
    """What the layer depends on: its recipe, and the programs of this machine that may go into it."""
    found = [path for name in language.files for path in _sources(name) if path.is_file()]
    stats = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in found]
    return f"{FROM_PACKAGES}{FROM_HERE}{Path(__file__).read_text()}{language.packages}{language.files}{stats}"


def _sources(name: str) -> list[Path]:
    """Where this machine has what `Language.files` names, in a fixed order."""
    if name.startswith("/"):
        return sorted(Path("/").glob(name[1:]))
    found = shutil.which(name)
    return [] if found is None else [Path(found)]


def gather_layer(language: Language, root: Path) -> None:
    """The layer's files below `root`, from this machine. Raises SandboxUnavailable if a program is not installed."""
    programs: list[Path] = []
    started = {*language.compile[:1], *language.run[:1]}
    for name in language.files:
        sources = _sources(name)
        if not sources and (name in started or not name.startswith("/")):
            packages = " ".join(language.packages)
            raise SandboxUnavailable(
                f"no image registry answers, and boxes for {language.title} need this machine's {name}, which is not"
                f" installed: run `apt-get install -y --no-install-recommends {packages}`"
            )
        if name.startswith("/"):
            programs += [program for path in sources for program in _copy_path(path, root)]
            continue
        (found,) = sources
        target = root / "usr/local/bin" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(found.resolve(), target)
        if not _is_elf(target):  # a version manager's shim
            raise SandboxUnavailable(
                f"{found} is a script, not {language.title}'s own program, and a box has no shell for it: install"
                f" {' '.join(language.packages)} or put the real program first in PATH"
            )
        programs.append(target)
    copy_libraries(root, programs)
    _merge_libraries(root)


def _merge_libraries(root: Path) -> None:
    """Shared libraries of /usr/lib are in /lib as well, where scripts of the linker name them: it is no link there."""
    for library in sorted((root / "usr/lib").glob("*-linux-gnu/*.so.*")):
        target = root / library.relative_to(root / "usr")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(library, target)


def _copy_path(path: Path, root: Path) -> list[Path]:
    """The copied programs and libraries, which need libraries themselves."""
    target = root / str(path).lstrip("/")
    if path.is_dir():
        shutil.copytree(path, target, symlinks=False, ignore_dangling_symlinks=True)
        return [file for file in target.rglob("*") if file.is_file() and _is_elf(file)]
    if path.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
        return [target] if _is_elf(target) else []
    return []


def _is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"
