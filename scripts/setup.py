"""Makes the environment that everything else runs in. Standard library only; `make setup` calls it.

    python3 scripts/setup.py [--venv .venv] [--flavour cpu|gpu]

Installs what requirements/FLAVOUR.txt pins, each file checked against its hash. uv's own variables (UV_…) count first,
then pip's configuration, which uv does not read itself, then uv's configuration files. A second call does nothing.
"""

import argparse
import ast
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("python3.11", "python3.12", "python3.13")
NEEDED_GIB = {"cpu": 5, "gpu": 15}
TORCH_FOR_CPU = "torch==2.13.0+cpu"  # not in requirements/cpu.txt: its publishers' indexes do not agree on one file
UV_VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
}
"""An option of pip -> the variable that tells uv the same."""


class SetupError(Exception):
    """Something a person has to change; printed without a traceback."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--venv", default=os.environ.get("VENV") or ".venv")
    parser.add_argument("--flavour", default=os.environ.get("FLAVOUR") or None, help="cpu or gpu; default: detect")
    options = parser.parse_args()
    try:
        set_up(ROOT / options.venv, options.flavour or detected_flavour())
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


def set_up(venv: Path, flavour: str) -> None:
    if flavour not in NEEDED_GIB:
        raise SetupError(f"FLAVOUR is {flavour!r}, expected cpu or gpu")
    stamp, wanted = venv / "mucode-setup.stamp", fingerprint(venv, flavour)
    found = stamp.read_text() if stamp.is_file() else ""
    if found == wanted and (venv / "bin/mucode").exists():
        return
    started = time.monotonic()
    create(venv, flavour, clear=bool(found) and not found.startswith(f"{flavour} "))
    stamp.unlink(missing_ok=True)
    install(venv, flavour)
    stamp.write_text(wanted)
    print(f"setup: the {flavour} environment is ready in {venv} after {time.monotonic() - started:.0f} s", flush=True)


def detected_flavour() -> str:
    found = shutil.which("nvidia-smi")
    listing = subprocess.run([found, "-L"], capture_output=True, text=True).stdout if found else ""
    return "gpu" if listing.startswith("GPU ") else "cpu"


def fingerprint(venv: Path, flavour: str) -> str:
    """What the environment is made from; it cannot be moved, so its place belongs to it."""
    sources = [*sorted((ROOT / "requirements").glob("*.txt")), ROOT / "pyproject.toml", Path(__file__).resolve()]
    digest = hashlib.sha256(b"".join(path.name.encode() + b"\0" + path.read_bytes() + b"\0" for path in sources))
    return f"{flavour} {digest.hexdigest()} {venv.resolve()} {ROOT}\n"


def create(venv: Path, flavour: str, clear: bool) -> None:
    if (venv / "bin/python").exists() and not clear:
        return
    if venv.exists() and any(venv.iterdir()) and not (venv / "pyvenv.cfg").exists():
        raise SetupError(f"{venv} is no virtual environment and not empty: choose another with `make setup VENV=/path`")
    free_gib = shutil.disk_usage(next(path for path in venv.resolve().parents if path.exists())).free / 2**30
    if free_gib < NEEDED_GIB[flavour]:
        raise SetupError(
            f"{free_gib:.1f} GiB are free for {venv}, {flavour} packages need {NEEDED_GIB[flavour]} GiB: "
            "free some, or name another place with `make setup VENV=/path`"
        )
    here = "python{}.{}".format(*sys.version_info)
    python = sys.executable if here in PYTHONS else next(filter(shutil.which, PYTHONS), None)
    if python is None:
        raise SetupError(f"this is {here}, and none of {', '.join(PYTHONS)} is on PATH: install one")
    advice = "if it lacks ensurepip, run `apt-get install python3-venv`"
    run(f"creating {venv} with {python}", [python, "-m", "venv", "--clear", str(venv)], advice=advice)


def install(venv: Path, flavour: str) -> None:
    python, quiet = str(venv / "bin/python"), [] if sys.stderr.isatty() else ["--quiet"]
    run("installing uv, the installer", [python, "-m", "pip", "install", "--quiet", "uv>=0.7"])
    environment, options = uv_settings(pip_configuration(python))
    # As pip does. Where Python is told to write no bytecode, as in many images, each process would compile torch and
    # vLLM anew, half of an engine's start.
    environment.setdefault("UV_COMPILE_BYTECODE", "true")
    uv = [str(venv / "bin/uv"), "pip", "install", "--python", python, "--no-deps", *quiet, *options]
    lock = ROOT / "requirements" / f"{flavour}.txt"
    size = "8" if flavour == "gpu" else "2.5"
    run(f"installing the packages, about {size} GB", [*uv, "--require-hashes", "-r", str(lock)], environment)
    if flavour == "cpu":
        try:
            run("installing the CPU build of torch", [*uv, TORCH_FOR_CPU], environment)
        except SetupError:
            advice = f"if no source has {TORCH_FOR_CPU}, name a folder with its wheel: PIP_FIND_LINKS=/path make setup"
            run("asking uv's selector for it", [*uv, "--torch-backend", "cpu", TORCH_FOR_CPU], environment, advice)
    run("installing mucode itself", [*uv, "--no-build-isolation", "--editable", str(ROOT)], environment)
    own = [str(ROOT / folder) for folder in ("pipeline", "actors", "sandbox")]
    run("compiling it", [python, "-m", "compileall", "-q", *own])


def pip_configuration(python: str) -> dict[str, str]:
    """`pip config list` as pip itself applies it: PIP_* over [install] over [global]."""
    listing = subprocess.run([python, "-m", "pip", "config", "list"], capture_output=True, text=True)
    if listing.returncode != 0:
        raise SetupError(f"`pip config list` failed, so the package sources are unknown:\n{listing.stderr.strip()}")
    found: dict[str, str] = {}
    for section in ("global.", "install.", ":env:."):
        for name, _, value in (line.partition("=") for line in listing.stdout.splitlines() if line.startswith(section)):
            found[name.removeprefix(section).replace("_", "-")] = str(ast.literal_eval(value))
    return found


def uv_settings(pip: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """Environment and options that make uv look where pip would. Variables that are set already stay."""
    values = {UV_VARIABLES[option]: " ".join(pip[option].split()) for option in UV_VARIABLES if option in pip}
    if "UV_FIND_LINKS" in values:
        values["UV_FIND_LINKS"] = values["UV_FIND_LINKS"].replace(" ", ",")
    values["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # as pip: the best version of all sources together
    offline = pip.get("no-index", "").lower() in ("1", "true", "yes", "on")
    return {**values, **os.environ}, ["--no-index"] if offline else []


def run(what: str, command: list[str], environment: dict[str, str] | None = None, advice: str = "") -> None:
    print(f"setup: {what} ...", flush=True)
    status = subprocess.run(command, cwd=ROOT, env=environment).returncode
    if status != 0:
        then = f"\n  {advice}" if advice else ""
        raise SetupError(f"{what} failed with exit status {status}: {' '.join(command)}{then}")


if __name__ == "__main__":
    raise SystemExit(main())
