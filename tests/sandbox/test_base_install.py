"""The wheel, installed with nothing but the base requirements: the sandbox works, a run names the extra it lacks."""

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.support.setup_script import ROOT, load_setup_script

COMMIT = "0123456789abcdef0123456789abcdef01234567"
ROOMS = ("pipeline", "actors", "sandbox")
NOT_INSTALLED = {"sandbox/README.md"}
PROBLEM = {
    "task_id": "double",
    "prompt": "Double it.",
    "private_tests": ["assert f(3) == 6", "assert f(0) == 0"],
    "reference": "def f(x): return 2 * x",
}


@pytest.fixture(scope="module")
def sources() -> list[str]:
    """What git knows of the rooms and configs/; generated files and other people's are not of the wheel."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *ROOMS, "configs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    return [name for name in listing.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(sources: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built in a copy, where no older build/ can leak into it."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in [*sources, "pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", "out", "."]
    subprocess.run(build, cwd=folder, check=True, env={**os.environ, "MUCODE_COMMIT": COMMIT}, timeout=300)
    return next((folder / "out").glob("*.whl"))


@pytest.fixture(scope="module")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `mucode` of a fresh environment."""
    folder = tmp_path_factory.mktemp("base") / "venv"
    venv.create(folder, with_pip=False, symlinks=True)
    setup = load_setup_script()
    environment, options = setup.uv_settings(setup.pip_configuration(sys.executable))
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--no-deps", *options]
    uv += ["--python", str(folder / "bin" / "python")]
    lock = ["--require-hashes", "-r", str(ROOT / "requirements" / "base.txt")]
    for what in (lock, [str(wheel)]):
        subprocess.run([*uv, *what], check=True, env=environment, timeout=300)
    return folder / "bin" / "mucode"


def call(mucode: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MUCODE"))}
    return subprocess.run(
        [str(mucode), *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


def test_the_wheel_holds_every_file_and_no_other(wheel: Path, sources: list[str]) -> None:
    expected = {name.replace("configs/", "pipeline/config/shipped/") for name in sources} - NOT_INSTALLED
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == expected | {"pipeline/config/commit.txt"}
    assert {
        "sandbox/image/Dockerfile",
        "sandbox/guest/javascript/program.js",
        "pipeline/embedded/embedded.toml",
    } <= found
    assert any(name.endswith(".safetensors") for name in found)
    assert "pipeline/config/shipped/llama-3.2-1b.toml" in found


def test_the_version_names_the_commit_of_the_wheel(base: Path, tmp_path: Path) -> None:
    done = call(base, tmp_path, "--version")
    assert (done.returncode, done.stdout) == (0, f"mucode 0.1.0 (commit {COMMIT})\n"), done.stderr


def test_the_sandbox_judges(engine: None, base: Path, tmp_path: Path) -> None:
    (tmp_path / "problems.jsonl").write_text(json.dumps(PROBLEM) + "\n")
    rows = [{"task_id": "double", "solution": f"def f(x): return {text}"} for text in ("x + x", "x * x")]
    (tmp_path / "samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    files = ["--dataset", "problems.jsonl", "--samples", "samples.jsonl", "--out", "results.jsonl"]
    done = call(base, tmp_path, "sandbox", "check", "--boxes", "1", *files)
    assert done.returncode == 0, done.stderr
    results = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert [result["verdict"] for result in results] == ["accepted", "wrong_answer"]


def test_a_shipped_config_is_found_by_its_name(base: Path, tmp_path: Path) -> None:
    probe = "from pipeline.config.load import find_config; print(find_config('llama-3.2-1b'))"
    found = subprocess.run([base.with_name("python"), "-c", probe], cwd=tmp_path, capture_output=True, text=True)
    assert found.stdout.strip().endswith("site-packages/pipeline/config/shipped/llama-3.2-1b.toml"), found.stderr


def test_a_dry_run_needs_no_extra(base: Path, tmp_path: Path) -> None:
    done = call(base, tmp_path, "run", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "trainings " in done.stdout


def test_the_doctor_works_and_names_what_a_run_would_need(base: Path, tmp_path: Path) -> None:
    names = "python,packages,versions,engine,cores,shm,files,gpu,disk,tmp,storage,models,ray"
    done = call(base, tmp_path, "doctor", "--only", names)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "`mucode run` needs the extra `cpu`, or `gpu`" in done.stdout
    assert "-     versions     not compared: that needs packaging" in done.stdout
    done = call(base, tmp_path, "doctor", "--cluster")
    assert done.returncode == 2 and "this command needs ray, which is not installed" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments, extra",
    [
        (("run",), "cpu"),
        (("eval", "--model", "m", "--dataset", "builtin:test"), "cpu"),
        (("study", "study-tiny"), "cpu"),
        (("report", "runs/mine"), "data"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else value,
)
def test_a_command_that_needs_more_names_the_extra(
    base: Path, tmp_path: Path, arguments: tuple[str, ...], extra: str
) -> None:
    done = call(base, tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"pip install 'mucode[{extra}]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
