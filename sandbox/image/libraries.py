"""The image's layer of libraries that settings ask for: installed once, above the base, below a language's programs.

By this machine's own pip (or uv), with its user's configuration, if the base is made of this machine's Python; else
by that of the registry's Python, which runs this file. Both keep the base's numpy and list what was installed.
"""

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.errors import SandboxUnavailable
from sandbox.image.rootfs import VERSION, copy_libraries, numpy_requirement
from sandbox.packages import distribution, preloaded_modules

LISTING = "opt/packages.txt"
"""In the image: NAME==VERSION of everything that was installed, one a line."""
INSTALL_DEADLINE_S = 1500
ENVIRONMENT = (
    "ENV MPLBACKEND=Agg MKL_NUM_THREADS=1 NUMEXPR_NUM_THREADS=1 LOKY_MAX_CPU_COUNT=1 JOBLIB_MULTIPROCESSING=0"
    " MUCODE_PRELOAD="
)
"""No screen and no second thread in a box. The fork server reads the last one, and takes it away."""
FROM_REGISTRY = """FROM {registry} AS build
RUN pip install --no-cache-dir --no-compile {numpy}
COPY sandbox /build/sandbox
RUN cd /build && python -c "from pathlib import Path; from sandbox.image import libraries; \\
  libraries.gather_libraries({packages}, Path('/out'))"
FROM {base}
COPY --from=build /out/ /
{environment}"{modules}"
"""
FROM_HERE = """FROM {base}
COPY root /
{environment}"{modules}"
"""


def libraries_identity(packages: Sequence[str]) -> str:
    """What the layer depends on: its recipe and the requirements."""
    return f"{Path(__file__).read_text()}{packages}{preloaded_modules(packages)}"


def libraries_dockerfile(packages: Sequence[str], base: str, registry: str | None = None) -> str:
    """`registry`: the image whose Python installs them, if the base was made of it."""
    names = {"packages": list(packages), "numpy": numpy_requirement() or "numpy", "registry": registry}
    names |= {"modules": " ".join(preloaded_modules(packages)), "environment": ENVIRONMENT}
    return (FROM_REGISTRY if registry else FROM_HERE).format(base=base, **names)


def gather_libraries(packages: Sequence[str], root: Path) -> None:
    """Install them below `root`. Raises SandboxUnavailable with what pip said."""
    target = root / f"usr/local/lib/python{VERSION}/site-packages"
    target.mkdir(parents=True)
    constraints = root.parent / "constraints.txt"
    constraints.write_text("" if _names_numpy(packages) else f"{numpy_requirement()}\n".lstrip())
    command = [*_installer(), "--target", str(target), "-c", str(constraints), *packages]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_DEADLINE_S, check=False)
    except subprocess.TimeoutExpired:
        raise SandboxUnavailable(f"{' '.join(command)} did not end within {INSTALL_DEADLINE_S} s") from None
    if done.returncode:
        said = "\n".join(line for line in done.stderr.splitlines() if line.strip())[-1500:]
        raise SandboxUnavailable(
            f"the packages {', '.join(packages)} cannot be installed for the boxes; pip said:\n{said}\n"
            "name versions that pip finds, or give it an index or a folder (PIP_INDEX_URL, PIP_FIND_LINKS)"
        )
    (root / LISTING).parent.mkdir(exist_ok=True)
    (root / LISTING).write_text(_listing(target))
    if constraints.read_text():  # numpy is in the base
        for path in [*target.glob("numpy"), *target.glob("numpy.libs"), *target.glob("numpy-*.dist-info")]:
            shutil.rmtree(path)
    shutil.rmtree(target / "bin", ignore_errors=True)
    copy_libraries(root, target.rglob("*.so*"))
    _compile(root, target)


def _names_numpy(packages: Sequence[str]) -> bool:
    return "numpy" in map(distribution, packages)


def _installer() -> list[str]:
    """The command line of this Python's pip, or of uv."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--no-user"]
    if (uv := shutil.which("uv")) is not None:
        return [uv, "pip", "install", "--quiet", "--python", sys.executable]
    raise SandboxUnavailable(
        f"libraries for the boxes need pip, which {sys.executable} lacks, or uv: run `{sys.executable} -m ensurepip`"
    )


def _listing(target: Path) -> str:
    found = importlib.metadata.distributions(path=[str(target)])
    return "".join(sorted(f"{one.metadata['Name'].lower()}=={one.version}\n" for one in found))


def _compile(root: Path, target: Path) -> None:
    """Byte code under the names that files have in a box, never checked against its source again; not of tests."""
    command = [sys.executable, "-I", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    command += ["-x", r"/tests?/", "-s", str(root), "-p", "/", str(target)]
    subprocess.run(command, capture_output=True, timeout=INSTALL_DEADLINE_S, check=False)
