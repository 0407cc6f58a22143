"""scripts/setup.py: pip's configuration reaches uv, what changed is noticed, errors say what to do."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from pipeline.doctor.packages import UNLOADABLE_ON_CPU
from tests.support.setup_script import ROOT, load_setup_script

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
    return load_setup_script()


@pytest.fixture
def pip_says(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, str]]:
    """What set-up reads from a listing of `pip config list`."""

    def read(listing: str) -> dict[str, str]:
        done = subprocess.CompletedProcess([], 0, listing, "")
        with monkeypatch.context() as patch:
            patch.setattr(setup.subprocess, "run", lambda *_, **__: done)
            return setup.pip_configuration("python")

    return read


@pytest.fixture
def no_uv_variables(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*setup.UV_VARIABLES.values(), "UV_INDEX_STRATEGY"):
        monkeypatch.delenv(name, raising=False)


def test_environment_overrides_install_overrides_global(pip_says: Callable[[str], dict[str, str]]) -> None:
    assert pip_says(LISTING) == {
        "index-url": "https://mirror.example/simple",
        "extra-index-url": "\nhttps://one.example/simple\nfile:///two/simple",
        "find-links": "/wheels /more",
        "trusted-host": "mirror.example",
        "cert": "/ca.pem",
        "timeout": "90",
    }


def test_uv_gets_every_source_of_pip(
    setup: ModuleType, pip_says: Callable[[str], dict[str, str]], no_uv_variables: None
) -> None:
    environment, options = setup.uv_settings(pip_says(LISTING))
    assert {name: environment[name] for name in environment.keys() - os.environ.keys()} == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://one.example/simple file:///two/simple",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_INSECURE_HOST": "mirror.example",
        "SSL_CERT_FILE": "/ca.pem",
        "UV_HTTP_TIMEOUT": "90",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }
    assert options == []


def test_variables_of_uv_come_before_pips_configuration(
    setup: ModuleType, no_uv_variables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://mine.example/simple")
    environment, _ = setup.uv_settings({"index-url": "https://mirror.example/simple", "find-links": "/wheels"})
    assert (environment["UV_DEFAULT_INDEX"], environment["UV_FIND_LINKS"]) == ("https://mine.example/simple", "/wheels")


def test_uv_keeps_its_own_default_if_pip_has_none(setup: ModuleType, no_uv_variables: None) -> None:
    environment, options = setup.uv_settings({})
    assert environment.keys() - os.environ.keys() == {"UV_INDEX_STRATEGY"}
    assert options == []
    assert setup.uv_settings({"no-index": "true"})[1] == ["--no-index"]
    assert setup.uv_settings({"no-index": "0"})[1] == []


def test_uv_understands_the_variables(setup: ModuleType) -> None:
    uv = shutil.which("uv", path=Path(sys.executable).parent)
    if uv is None:
        pytest.skip("uv is not beside this interpreter")
    text = subprocess.run([uv, "pip", "install", "--help"], capture_output=True, text=True, check=True).stdout
    unlisted = {"SSL_CERT_FILE", "ALL_PROXY", "UV_HTTP_TIMEOUT"}  # uv documents them elsewhere
    named = {*setup.UV_VARIABLES.values(), "UV_INDEX_STRATEGY"} - unlisted
    assert [name for name in named if name not in text] == []


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


def test_another_flavour_replaces_the_environment(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls: list[tuple[str, bool]] = []
    monkeypatch.setattr(setup, "create", lambda _, flavour, clear: calls.append((flavour, clear)))
    monkeypatch.setattr(setup, "install", lambda *_: None)
    setup.set_up(tmp_path, "cpu")
    setup.set_up(tmp_path, "gpu")
    (tmp_path / "mucode-setup.stamp").write_text("gpu of another day\n")
    setup.set_up(tmp_path, "gpu")
    assert calls == [("cpu", False), ("gpu", True), ("gpu", False)]


def test_failed_command_is_named(setup: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(setup.SetupError) as error:
        setup.run("counting", ["sh", "-c", "echo three >&2; exit 3"], advice="count again")
    assert str(error.value) == "counting failed with exit status 3: sh -c echo three >&2; exit 3\n  count again"
    assert capfd.readouterr() == ("setup: counting ...\n", "three\n")


@pytest.fixture
def failing(setup: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[list[str]]]:
    """`failing(part)` lets the commands that hold `part` fail, and records all of them."""

    def fail(part: str) -> list[list[str]]:
        commands: list[list[str]] = []

        def run(what: str, command: list[str], environment: object = None, advice: str = "") -> None:
            commands.append(command)
            if part in command:
                raise setup.SetupError(f"{what} failed\n{advice}")

        monkeypatch.setattr(setup, "run", run)
        monkeypatch.setattr(setup, "pip_configuration", lambda _: {})
        return commands

    return fail


def test_cpu_torch_falls_back_to_the_selector_then_to_one_command(
    setup: ModuleType, failing: Callable[[str], list[list[str]]], tmp_path: Path
) -> None:
    commands = failing("torch==2.13.0+cpu")
    with pytest.raises(setup.SetupError, match="PIP_FIND_LINKS=/path make setup"):
        setup.install(tmp_path, "cpu")
    tried = [command for command in commands if "torch==2.13.0+cpu" in command]
    assert ["--torch-backend" in command for command in tried] == [False, True]


def test_a_failure_ends_the_installation(
    setup: ModuleType, failing: Callable[[str], list[list[str]]], tmp_path: Path
) -> None:
    commands = failing("--require-hashes")
    with pytest.raises(setup.SetupError, match="installing the packages"):
        setup.install(tmp_path, "cpu")
    assert commands[-1][-2:] == ["-r", str(ROOT / "requirements" / "cpu.txt")]


def test_gpu_takes_torch_from_its_lock(
    setup: ModuleType, failing: Callable[[str], list[list[str]]], tmp_path: Path
) -> None:
    commands = failing("nothing")
    setup.install(tmp_path, "gpu")
    assert [command for command in commands if any("cpu" in part for part in command)] == []


@pytest.mark.parametrize("flavour", ["tpu", ""])
def test_unknown_flavour_is_refused(setup: ModuleType, tmp_path: Path, flavour: str) -> None:
    with pytest.raises(setup.SetupError, match=f"FLAVOUR is '{flavour}', expected cpu or gpu"):
        setup.set_up(tmp_path / "venv", flavour)
    assert not (tmp_path / "venv").exists()


def test_foreign_folder_is_refused(setup: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years")
    with pytest.raises(setup.SetupError, match="no virtual environment and not empty"):
        setup.create(tmp_path, "cpu", clear=False)
    assert (tmp_path / "thesis.txt").read_text() == "years"


def test_full_disk_is_refused(setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(setup.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 2**30}))
    with pytest.raises(setup.SetupError, match=r"1\.0 GiB are free .* cpu packages need 5 GiB"):
        setup.create(tmp_path / "venv", "cpu", clear=False)


def test_unsupported_python_is_refused(setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(setup, "PYTHONS", ("python2.7",))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(setup.SetupError, match=r"this is python3\.\d+, and none of python2\.7 is on PATH"):
        setup.create(tmp_path / "venv", "cpu", clear=False)


def test_broken_packages_are_absent_on_cpu(setup: ModuleType) -> None:
    if setup.detected_flavour() == "gpu":
        pytest.skip("this machine has a GPU")
    assert [name for name in UNLOADABLE_ON_CPU if importlib.util.find_spec(name)] == []


@pytest.mark.parametrize("library", ["ray", "torch", "transformers"])
def test_the_libraries_of_this_environment_are_compiled(library: str) -> None:
    """Also where Python writes no bytecode."""
    found = importlib.util.find_spec(library)
    assert found and found.origin and Path(importlib.util.cache_from_source(found.origin)).is_file()
