"""Makes the environment that everything else runs in. Standard library only; `make setup` calls it.

    python3 scripts/setup.py [--venv .venv] [--flavour cpu|gpu]

Packages come from where the user's own pip would get them: pip's configuration is read first and handed to uv,
which does not read it. Without changes in the requirements a second call does nothing.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST, NEWEST = (3, 11), (3, 13)
NEEDED_GIB = {"cpu": 5, "gpu": 15}
UNLOADABLE_ON_CPU = ("torchvision", "torchaudio", "torchcodec")
REQUIRED = ("torch", "ray", "vllm", "deepspeed")
HEARTBEAT_S = 20


class SetupError(Exception):
    """Something a person has to change; printed without a traceback."""


class CommandFailed(SetupError):
    def __init__(self, what: str, command: list[str], status: int, output: str) -> None:
        self.output = output
        tail = "\n".join(f"    {line}" for line in output.splitlines()[-25:])
        super().__init__(f"{what} failed with exit status {status}:\n{tail}\n  the command was: {shlex.join(command)}")


@dataclass(frozen=True)
class Sources:
    """Where pip would look for packages, in uv's words."""

    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--venv", default=os.environ.get("VENV", ".venv"))
    parser.add_argument("--flavour", default=os.environ.get("FLAVOUR") or None, help="cpu or gpu; default: detect")
    options = parser.parse_args(arguments)
    try:
        set_up(ROOT / options.venv, options.flavour or detected_flavour())
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return 0


def set_up(venv: Path, flavour: str) -> None:
    if flavour not in NEEDED_GIB:
        raise SetupError(f"FLAVOUR is {flavour!r}, expected cpu or gpu")
    stamp = venv / "mucode-setup.stamp"
    wanted = fingerprint(venv, flavour)
    if stamp.is_file() and stamp.read_text() == wanted and (venv / "bin" / "mucode").exists():
        return
    started = time.monotonic()
    stamp.unlink(missing_ok=True)
    check_disk(venv, flavour)
    create(venv)
    python = str(venv / "bin" / "python")
    run("installing uv, the installer", [python, "-m", "pip", "install", "--quiet", "uv>=0.7"])
    sources = uv_sources(pip_configuration(python))
    install(venv, flavour, sources)
    editable = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    run("installing mucode itself", uv_install(venv, editable, sources), sources.environment)
    verify(venv, flavour)
    stamp.write_text(wanted)
    say(f"the {flavour} environment is ready in {venv} after {time.monotonic() - started:.0f} s")


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


# -- the environment ------------------------------------------------------------------------------------------------


def detected_flavour() -> str:
    try:
        answer = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return "cpu"
    return "gpu" if answer.returncode == 0 and answer.stdout.startswith("GPU ") else "cpu"


def fingerprint(venv: Path, flavour: str) -> str:
    """What the environment was made from; an environment cannot be moved, so its place belongs to it."""
    digest = hashlib.sha256()
    for path in [*sorted((ROOT / "requirements").glob("*.txt")), ROOT / "pyproject.toml", Path(__file__).resolve()]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{flavour} {digest.hexdigest()} {venv.resolve()} {ROOT}\n"


def check_disk(venv: Path, flavour: str) -> None:
    if venv.exists():
        return
    free_gib = shutil.disk_usage(next(p for p in venv.resolve().parents if p.exists())).free / 2**30
    if free_gib < NEEDED_GIB[flavour]:
        raise SetupError(
            f"{free_gib:.1f} GiB are free where {venv} goes, {flavour} packages need {NEEDED_GIB[flavour]} GiB: "
            "free some, or name another place with `make setup VENV=/path`"
        )


def create(venv: Path) -> None:
    if (venv / "bin" / "python").exists() and succeeds([str(venv / "bin" / "python"), "-m", "pip", "--version"]):
        return
    if venv.exists() and any(venv.iterdir()) and not (venv / "pyvenv.cfg").exists():
        raise SetupError(f"{venv} is no virtual environment and not empty: choose another with `make setup VENV=/path`")
    python = find_python()
    try:
        run(f"creating {venv} with {python}", [python, "-m", "venv", "--clear", str(venv)])
    except CommandFailed as error:
        if "ensurepip" in error.output:
            raise SetupError(
                f"{python} cannot make virtual environments: run `apt-get install python3-venv`"
            ) from error
        raise


def find_python() -> str:
    """This interpreter when its version is supported, else the first supported one on PATH."""
    supported = [f"python{OLDEST[0]}.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
    check = f"import sys; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
    for candidate in [sys.executable, *supported]:
        if succeeds([candidate, "-c", check]):
            return candidate
    raise SetupError(
        f"this is Python {sys.version.split()[0]}, expected {'.'.join(map(str, OLDEST))} to "
        f"{'.'.join(map(str, NEWEST))}, and none of {', '.join(supported)} runs: install one and put it on PATH"
    )


def verify(venv: Path, flavour: str) -> None:
    """Finds the packages without importing them; removes those that would break the import of others."""
    unwanted = UNLOADABLE_ON_CPU if flavour == "cpu" else ()
    present = set(found(venv, [*REQUIRED, "pipeline", *unwanted]))
    missing = [name for name in (*REQUIRED, "pipeline") if name not in present]
    if missing:
        raise SetupError(f"{', '.join(missing)} not found in {venv} after the installation: remove it, `make setup`")
    leftover = [name for name in unwanted if name in present]
    if leftover:
        uninstall = [str(venv / "bin" / "uv"), "pip", "uninstall", "--python", str(venv / "bin" / "python"), *leftover]
        run(f"removing {', '.join(leftover)}, which cannot load beside the CPU build of torch", uninstall)


def found(venv: Path, names: list[str]) -> list[str]:
    probe = "import importlib.util as u, sys; print(*[n for n in sys.argv[1:] if u.find_spec(n)])"
    command = [str(venv / "bin" / "python"), "-c", probe, *names]
    return subprocess.run(command, cwd=venv, capture_output=True, text=True, check=True).stdout.split()


# -- packages -------------------------------------------------------------------------------------------------------


def pip_configuration(python: str) -> dict[str, str]:
    """`pip config list` as pip itself would apply it: PIP_* over [install] over [global]."""
    listing = subprocess.run([python, "-m", "pip", "config", "list"], capture_output=True, text=True)
    if listing.returncode != 0:
        raise SetupError(f"`pip config list` failed, so the package sources are unknown:\n{listing.stderr.strip()}")
    return parse_pip_configuration(listing.stdout)


def parse_pip_configuration(listing: str) -> dict[str, str]:
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        section, _, key = name.partition(".")
        if section in sections:
            sections[section][key.replace("_", "-")] = str(ast.literal_eval(value))
    return {**sections["global"], **sections["install"], **sections[":env:"]}


def uv_sources(pip: dict[str, str]) -> Sources:
    arguments: list[str] = []
    if "index-url" in pip:
        arguments += ["--default-index", pip["index-url"]]
    for option, key in (
        ("--index", "extra-index-url"),
        ("--find-links", "find-links"),
        ("--allow-insecure-host", "trusted-host"),
    ):
        for value in pip.get(key, "").split():
            arguments += [option, value]
    if pip.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        arguments.append("--no-index")
    # pip takes the best version from all sources together; so must uv.
    arguments += ["--index-strategy", "unsafe-best-match"]
    environment = {}
    for key, variables in (
        ("cert", ("SSL_CERT_FILE",)),
        ("proxy", ("HTTP_PROXY", "HTTPS_PROXY")),
        ("default-timeout", ("UV_HTTP_TIMEOUT",)),
        ("timeout", ("UV_HTTP_TIMEOUT",)),
    ):
        if key in pip:
            environment.update({name: os.environ.get(name, pip[key]) for name in variables})
    return Sources(tuple(arguments), environment)


def uv_install(venv: Path, what: list[str], sources: Sources) -> list[str]:
    uv = [str(venv / "bin" / "uv"), "pip", "install", "--python", str(venv / "bin" / "python"), "--no-progress"]
    return [*uv, *sources.arguments, *what]


def install(venv: Path, flavour: str, sources: Sources) -> None:
    what = ["--requirement", str(ROOT / "requirements" / f"{flavour}.txt")]
    if flavour == "gpu":
        run("installing the packages, about 8 GB", uv_install(venv, what, sources), sources.environment)
        return
    what += ["--override", str(ROOT / "requirements" / "overrides-cpu.txt")]
    try:
        run("installing the packages, about 2.5 GB", uv_install(venv, what, sources), sources.environment)
        return
    except CommandFailed as error:
        if not is_unresolved_torch(error.output):
            raise
    say("the CPU build of torch is not in pip's own sources")
    command = uv_install(venv, ["--torch-backend", "cpu", *what], sources)
    try:
        run("installing again with uv's selector for it (--torch-backend cpu)", command, sources.environment)
    except CommandFailed as error:
        raise SetupError(
            f"{error}\n  Neither pip's sources nor uv's selector have torch 2.13.0+cpu. Name a directory or page that "
            "has its wheel:\n    PIP_FIND_LINKS=/path/to/wheels make setup"
        ) from error


def is_unresolved_torch(output: str) -> bool:
    return "No solution found" in output and "torch==2.13.0" in output.replace("\n", " ")


# -- commands -------------------------------------------------------------------------------------------------------


def run(what: str, command: list[str], environment: dict[str, str] | None = None) -> None:
    """Runs a command; says what and how long, and its last lines only when it fails."""
    say(f"{what} ...")
    started = time.monotonic()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}
        )
        try:
            while process.poll() is None:
                try:
                    process.wait(HEARTBEAT_S)
                except subprocess.TimeoutExpired:
                    say(f"  still {what.split(',')[0]}, {time.monotonic() - started:.0f} s")
        except KeyboardInterrupt:
            process.terminate()
            raise
        log.seek(0)
        output = log.read().decode(errors="replace")
    if process.returncode != 0:
        raise CommandFailed(what, command, process.returncode, output)
    say(f"  done in {time.monotonic() - started:.0f} s")


def succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    raise SystemExit(main())
