"""A root file system for boxes out of the Python that runs this: interpreter, standard library, numpy, their libraries,
time zones and the locale C.UTF-8.

Works from any CPython on a glibc Linux: pyenv, a distribution's own, a virtual environment of either; in the Dockerfile
as well, so that both images hold the same. No shell, no package manager, no setuid program is in it.
"""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterable
from pathlib import Path

from sandbox.errors import SandboxUnavailable

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
LEFT_OUT = (
    "test", "tests", "idlelib", "tkinter", "turtledemo", "ensurepip", "site-packages", "dist-packages", "__pycache__",
    "lib2to3", "pydoc_data", "config-*", "libpython*.a", "*.pyi", "EXTERNALLY-MANAGED",
)  # fmt: skip
TIME_ZONES, LOCALE = Path("/usr/share/zoneinfo"), Path("/usr/lib/locale/C.utf8")
SYSTEM = {TIME_ZONES: "tzdata", LOCALE: "libc-bin"}
"""Folders of this machine that are copied, and the Debian packages that have them."""
FOLDERS = ("tmp", "dev", "proc", "sys", "etc", "opt", "ctl")
PASSWD = "root:x:0:0::/:/none\nnobody:x:65534:65534::/tmp:/none\n"
GROUP = "root:x:0:\nnogroup:x:65534:\n"


def rootfs_identity() -> str:
    """What the content depends on: this file, the interpreter's and numpy's version, the system's folders."""
    source = Path(__file__).read_text()
    numpy = importlib.util.find_spec("numpy")
    versions = "" if numpy is None or numpy.origin is None else str(_numpy_version(Path(numpy.origin).parent))
    zones = TIME_ZONES / "tzdata.zi"
    folders = [path.is_dir() for path in SYSTEM], zones.read_text()[:40] if zones.is_file() else ""
    return f"{source}{sys.version}{versions}{folders}"


def numpy_requirement() -> str:
    """As pip takes it: this machine's version; empty if it has none."""
    try:
        return f"numpy=={importlib.metadata.version('numpy')}"
    except importlib.metadata.PackageNotFoundError:
        return ""


def _numpy_version(package: Path) -> str:
    version = package / "version.py"
    return version.read_text() if version.exists() else ""


def build_rootfs(folder: Path) -> Path:
    """A tar archive of the root file system, made below `folder`."""
    if sys.platform != "linux":
        raise SandboxUnavailable(
            "no image registry answers, and the offline image can only be built on Linux; connect the engine to a"
            " registry and run `mucode sandbox build`"
        )
    make_root(folder / "root")
    return archive_rootfs(folder / "root", folder / "rootfs.tar")


def make_root(root: Path) -> None:
    """The files themselves, below `root`."""
    library = root / f"usr/local/lib/python{VERSION}"
    shutil.copytree(sysconfig.get_path("stdlib"), library, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=False)
    _copy_numpy(library / "site-packages")
    binary = root / f"usr/local/bin/python{VERSION}"
    binary.parent.mkdir(parents=True)
    shutil.copy2(_interpreter(), binary)
    (binary.parent / "python3").symlink_to(binary.name)
    copy_libraries(root, [binary, *root.rglob("*.so"), *root.rglob("*.so.*")])
    _compile(library)
    _copy_system(root)
    for name in FOLDERS:
        (root / name).mkdir(exist_ok=True)
    (root / "etc/passwd").write_text(PASSWD)
    (root / "etc/group").write_text(GROUP)


def _copy_system(root: Path) -> None:
    """Time zones and the locale; what this machine lacks is named, and programs that need it fail in the box."""
    ignore = shutil.ignore_patterns(
        "posix", "right", "localtime", "posixrules"
    )  # the same again, or this machine's own
    for path, package in SYSTEM.items():
        if path.is_dir():
            shutil.copytree(path, root / str(path).lstrip("/"), ignore=ignore, symlinks=True)
        else:
            print(f"the boxes will lack {path}, which is not here: install {package} and build again", file=sys.stderr)


def _interpreter() -> Path:
    """The real binary behind virtual environments and shims."""
    candidates = (Path(sys.base_prefix) / "bin" / f"python{VERSION}", Path(getattr(sys, "_base_executable", "") or "/"))
    for candidate in (*candidates, Path(sys.executable)):
        if candidate.is_file():
            return candidate.resolve()
    raise SandboxUnavailable(f"no interpreter found below {sys.base_prefix}")


def _copy_numpy(target: Path) -> None:
    target.mkdir(parents=True)
    spec = importlib.util.find_spec("numpy")
    if spec is None or spec.origin is None:
        return  # programs that import numpy then fail in the box as they would here
    package = Path(spec.origin).parent
    ignore = shutil.ignore_patterns("tests", "__pycache__", "*.pyi", "*.a", "f2py", "testing")
    shutil.copytree(package, target / "numpy", ignore=ignore)
    shutil.copytree(
        package / "testing", target / "numpy/testing", ignore=shutil.ignore_patterns("tests", "__pycache__")
    )
    for name in ("f2py",):
        shutil.copytree(package / name, target / "numpy" / name, ignore=ignore)
    libraries = package.parent / "numpy.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, target / "numpy.libs")


def copy_libraries(root: Path, binaries: Iterable[Path]) -> None:
    """Every shared library that `ldd` names and the tree lacks, in the folders that the loader looks in by default."""
    inside = {path.name for path in root.rglob("*.so*")}
    names = [str(path) for path in binaries if path.is_file()]
    listing = subprocess.run(["ldd", *names], capture_output=True, text=True, timeout=120, check=False).stdout
    for name, path in set(re.findall(r"^\s+(\S+) => (/\S+)", listing, re.MULTILINE)):
        if name not in inside or "libpython" in name:
            _place(root, Path(path), f"lib/{os.uname().machine}-linux-gnu/{name}")
    for path in set(re.findall(r"^\s+(/\S*ld-linux\S*) \(", listing, re.MULTILINE)):
        _place(root, Path(path), path.lstrip("/"))


def _place(root: Path, source: Path, name: str) -> None:
    target = root / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source.resolve(), target)


def _compile(library: Path) -> None:
    """Byte code that is never checked against its source again: the file system is read-only and times differ."""
    command = [sys.executable, "-I", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*command, str(library)], capture_output=True, timeout=300, check=False)


def archive_rootfs(root: Path, path: Path) -> Path:
    def owned_by_root(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        entry.mode = 0o1777 if entry.name == "tmp" else entry.mode & 0o755 | 0o444
        return entry

    with tarfile.open(path, "w") as tar:
        for child in sorted(root.iterdir()):
            tar.add(child, arcname=child.name, filter=owned_by_root)
    return path
