"""scripts/setup.py: pip's configuration reaches uv, what changed is noticed, errors say what to do."""

import importlib.util
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]

LISTING = """\
:env:.find-links='/wheels /more'
:env:.trusted-host='mirror.example'
freeze.timeout='10'
global.index-url='https://mirror.example/simple'
global.extra-index-url='\\nhttps://one.example/simple\\nfile:///two/simple'
global.find-links='/hidden-by-the-environment'
global.cert='/ca.pem'
global.timeout='60'
install.timeout='90'
"""


@pytest.fixture(scope="module")
def setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mucode_setup", ROOT / "scripts" / "setup.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["mucode_setup"] = module
    spec.loader.exec_module(module)
    return module


def test_environment_overrides_install_overrides_global(setup: ModuleType) -> None:
    assert setup.parse_pip_configuration(LISTING) == {
        "index-url": "https://mirror.example/simple",
        "extra-index-url": "\nhttps://one.example/simple\nfile:///two/simple",
        "find-links": "/wheels /more",
        "trusted-host": "mirror.example",
        "cert": "/ca.pem",
        "timeout": "90",
    }


def test_uv_gets_every_source_of_pip(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("UV_HTTP_TIMEOUT", raising=False)
    sources = setup.uv_sources(setup.parse_pip_configuration(LISTING))
    assert " ".join(sources.arguments) == (
        "--default-index https://mirror.example/simple "
        "--index https://one.example/simple --index file:///two/simple "
        "--find-links /wheels --find-links /more "
        "--allow-insecure-host mirror.example "
        "--index-strategy unsafe-best-match"
    )
    assert sources.environment == {"SSL_CERT_FILE": "/ca.pem", "UV_HTTP_TIMEOUT": "90"}


def test_uv_keeps_its_own_default_when_pip_has_none(setup: ModuleType) -> None:
    assert setup.uv_sources({}).arguments == ("--index-strategy", "unsafe-best-match")
    assert "--no-index" in setup.uv_sources({"no-index": "true"}).arguments
    assert "--no-index" not in setup.uv_sources({"no-index": "0"}).arguments


def test_pip_itself_is_asked(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", "/from/the/environment")
    assert setup.pip_configuration(sys.executable)["find-links"] == "/from/the/environment"


@pytest.mark.parametrize("answer, flavour", [("echo 'GPU 0: NVIDIA H200'", "gpu"), ("exit 9", "cpu"), (None, "cpu")])
def test_flavour_follows_nvidia_smi(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, answer: str | None, flavour: str
) -> None:
    if answer:
        (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{answer}\n")
        (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup.detected_flavour() == flavour


def test_fingerprint_follows_flavour_place_and_requirements(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]")
    requirements = tmp_path / "requirements" / "cpu.txt"
    requirements.write_text("ray==1\n")
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    first = setup.fingerprint(tmp_path / "a", "cpu")
    assert first == setup.fingerprint(tmp_path / "a", "cpu")
    assert first != setup.fingerprint(tmp_path / "a", "gpu")
    assert first != setup.fingerprint(tmp_path / "b", "cpu")
    requirements.write_text("ray==2\n")
    assert first != setup.fingerprint(tmp_path / "a", "cpu")


def test_current_environment_is_left_alone(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "mucode").touch()
    (tmp_path / "mucode-setup.stamp").write_text(setup.fingerprint(tmp_path, "cpu"))
    monkeypatch.setattr(setup, "run", lambda *_: pytest.fail("a command ran"))
    setup.set_up(tmp_path, "cpu")
    assert capsys.readouterr().out == ""


def test_failed_command_shows_its_last_lines(setup: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(setup.CommandFailed) as error:
        setup.run("counting", ["sh", "-c", "seq 100; exit 3"])
    assert "counting failed with exit status 3:\n    76\n" in str(error.value)
    assert "    100\n  the command was: sh -c 'seq 100; exit 3'" in str(error.value)
    assert capsys.readouterr().out == "setup: counting ...\n"


def test_cpu_torch_falls_back_to_the_selector_then_to_one_command(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    unresolved = (
        "  × No solution found when resolving dependencies:\n  ╰─▶ Because there is no version of\n torch==2.13.0+cpu"
    )
    commands: list[list[str]] = []

    def fail(what: str, command: list[str], environment: dict[str, str]) -> None:
        commands.append(command)
        raise setup.CommandFailed(what, command, 1, unresolved)

    monkeypatch.setattr(setup, "run", fail)
    with pytest.raises(setup.SetupError, match="PIP_FIND_LINKS=/path/to/wheels make setup"):
        setup.install(tmp_path, "cpu", setup.Sources())
    assert ["--torch-backend" in command for command in commands] == [False, True]
    assert all("--override" in command for command in commands)


def test_other_failures_are_not_retried(setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    commands: list[list[str]] = []

    def fail(what: str, command: list[str], environment: dict[str, str]) -> None:
        commands.append(command)
        raise setup.CommandFailed(what, command, 2, "error: Failed to fetch: connection refused")

    monkeypatch.setattr(setup, "run", fail)
    with pytest.raises(setup.CommandFailed, match="connection refused"):
        setup.install(tmp_path, "cpu", setup.Sources())
    assert len(commands) == 1


@pytest.mark.parametrize("flavour", ["tpu", ""])
def test_unknown_flavour_is_refused(setup: ModuleType, tmp_path: Path, flavour: str) -> None:
    with pytest.raises(setup.SetupError, match=f"FLAVOUR is '{flavour}', expected cpu or gpu"):
        setup.set_up(tmp_path / "venv", flavour)
    assert not (tmp_path / "venv").exists()


def test_foreign_folder_is_refused(setup: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years")
    with pytest.raises(setup.SetupError, match="no virtual environment and not empty"):
        setup.create(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years"


def test_full_disk_is_refused(setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(setup.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 2**30}))
    with pytest.raises(setup.SetupError, match=r"1\.0 GiB are free .* cpu packages need 5 GiB"):
        setup.check_disk(tmp_path / "venv", "cpu")


def test_broken_packages_are_absent_on_cpu(setup: ModuleType) -> None:
    names = [*setup.REQUIRED, *setup.UNLOADABLE_ON_CPU]
    if setup.detected_flavour() == "gpu":
        pytest.skip("this machine has a GPU")
    assert [name for name in names if importlib.util.find_spec(name)] == list(setup.REQUIRED)


# -- requirements ---------------------------------------------------------------------------------------------------


def requirement_lines(name: str) -> set[str]:
    """Requirements of a file and of those it includes, without comments and spaces."""
    lines: set[str] = set()
    for line in (ROOT / "requirements" / name).read_text().splitlines():
        text = line.partition("#")[0].strip()
        if text.startswith("-r "):
            lines |= requirement_lines(text[3:])
        elif text:
            lines.add(text.replace(" ", ""))
    return lines


@pytest.mark.parametrize("flavour", ["cpu", "gpu"])
def test_requirements_equal_pyproject(flavour: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    declared = {text.replace(" ", "") for text in [*project["dependencies"], *extras[flavour], *extras["dev"]]}
    listed = {line.replace(",!=2.13.0+cpu", "") for line in requirement_lines(f"{flavour}.txt")}
    assert listed - declared == {"setuptools>=70.1"}
    assert declared - listed == set()


def test_no_package_registry_is_named() -> None:
    hosts = re.compile("|".join(["pypi" + r"\.org", "python" + "hosted", "download" + r"\.pytorch"]))
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode != 0:
        pytest.skip("not a git checkout")
    paths = [ROOT / name for name in tracked.stdout.split("\0") if name]
    assert ROOT / "Makefile" in paths
    texts = {path: path.read_bytes().decode(errors="replace") for path in paths if path.is_file()}
    assert [str(path) for path, text in texts.items() if hosts.search(text)] == []
