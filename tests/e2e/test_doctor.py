"""`mucode doctor` in set-ups that are broken for real: each has its line, and what to do."""

import json
import os
import shutil
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from pipeline import cli
from tests.support.breakage import OWN_MOUNTS, ROOT, free_port, listening, mucode, mucode_as_nobody
from tests.support.model_directories import model_directory

Prepare = Callable[[Path, pytest.MonkeyPatch], list[str]]
"""Breaks something, in a folder and in this process's environment, and returns options of the command."""


class Broken(NamedTuple):
    """A set-up: the checks that are asked for, how it is broken, what the line of the first of them says."""

    name: str
    checks: str
    prepare: Prepare
    status: str
    words: str


def environment(**values: str) -> Prepare:
    def prepare(_: Path, patch: pytest.MonkeyPatch) -> list[str]:
        for name, value in values.items():
            patch.setenv(name, value.format(free=free_port()))
        return []

    return prepare


def distribution(name: str, version: str) -> Prepare:
    """Metadata of another version, earlier on Python's path than the real one."""

    def prepare(folder: Path, patch: pytest.MonkeyPatch) -> list[str]:
        info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        patch.syspath_prepend(str(folder))
        return []

    return prepare


def module(name: str) -> Prepare:
    def prepare(folder: Path, patch: pytest.MonkeyPatch) -> list[str]:
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("raise ImportError('cannot load')\n")
        patch.syspath_prepend(str(folder))
        return []

    return prepare


def nvidia_smi(script: str) -> Prepare:
    def prepare(folder: Path, patch: pytest.MonkeyPatch) -> list[str]:
        program = folder / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        patch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        return []

    return prepare


def model(break_it: Callable[[Path], None]) -> Prepare:
    def prepare(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
        break_it(model_directory(folder / "model"))
        return ["--model", str(folder / "model")]

    return prepare


def options(*words: str) -> Prepare:
    return lambda folder, _: [word.format(folder=folder) for word in words]


def cut_weights(directory: Path) -> None:
    path = directory / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])


def cut_tokenizer(directory: Path) -> None:
    path = directory / "tokenizer.json"
    path.write_text(path.read_text()[:100])


def without_template(directory: Path) -> None:
    for name in ("tokenizer_config.json", "chat_template.jinja"):
        (directory / name).unlink(missing_ok=True)


def wrong_template(directory: Path) -> None:
    for name in ("tokenizer_config.json",):
        config = json.loads((directory / name).read_text())
        (directory / name).write_text(json.dumps({**config, "chat_template": "{{ nothing( }}"}))
    (directory / "chat_template.jinja").unlink(missing_ok=True)


def file_as_root(folder: Path, _: pytest.MonkeyPatch) -> list[str]:
    (folder / "runs").write_text("x")
    return ["--root", str(folder / "runs" / "below")]


def dead_store(folder: Path, patch: pytest.MonkeyPatch) -> list[str]:
    environment(AWS_ENDPOINT_URL="http://127.0.0.1:{free}", AWS_ACCESS_KEY_ID="k", AWS_SECRET_ACCESS_KEY="s")(
        folder, patch
    )
    return ["--root", "s3://bucket/runs"]


SETUPS = (
    Broken(
        "an engine that is gone",
        "docker,sandbox,docker disk",
        environment(DOCKER_HOST="unix:///nowhere/docker.sock"),
        "FAIL",
        "no Docker engine answers (",
    ),
    Broken(
        "an engine at a dead port",
        "docker",
        environment(DOCKER_HOST="tcp://127.0.0.1:{free}"),
        "FAIL",
        "or point DOCKER_HOST at one",
    ),
    Broken(
        "an engine that is no address",
        "docker",
        environment(DOCKER_HOST="nonsense://x"),
        "FAIL",
        "no Docker engine answers",
    ),
    Broken("a Ray that is gone", "ray", environment(RAY_ADDRESS="127.0.0.1:{free}"), "FAIL", "(connection refused)"),
    Broken("a dashboard", "ray", environment(RAY_ADDRESS="http://h:8265"), "FAIL", "as in RAY_ADDRESS=h:6379"),
    Broken("a host without a port", "ray", environment(RAY_ADDRESS="10.0.0.1"), "FAIL", "expected HOST:PORT"),
    Broken(
        "a temporary folder too long for sockets",
        "ray",
        environment(RAY_ADDRESS="", TMPDIR="/tmp/" + "a" * 60),
        "FAIL",
        "export RAY_TMPDIR=/tmp, or another short path",
    ),
    Broken(
        "a home that takes no token",
        "ray",
        environment(RAY_ADDRESS="", HOME="/proc/nowhere"),
        "ok",
        "takes no token, so each run has one of its own",
    ),
    Broken(
        "another Ray", "versions", distribution("ray", "2.9.0"), "FAIL", "ray is 2.9.0, expected ==2.60.0. `make setup`"
    ),
    Broken(
        "another transformers", "versions", distribution("transformers", "4.1"), "FAIL", "transformers is 4.1, expected"
    ),
    Broken("two engines", "versions", distribution("vllm", "0.5.0"), "FAIL", "vllm is 0.5.0, expected ==0.32.0"),
    Broken(
        "what cannot load beside torch for CPUs",
        "engine",
        module("torchvision"),
        "FAIL",
        "torchvision cannot load beside the CPU build of torch; run `pip uninstall -y torchvision`",
    ),
    Broken(
        "a driver that fails",
        "gpu",
        nvidia_smi("echo 'NVIDIA-SMI has failed' >&2; exit 9"),
        "FAIL",
        "nvidia-smi ended with status 9 and said: NVIDIA-SMI has failed. Look at",
    ),
    Broken("a driver that says nothing", "gpu", nvidia_smi("exit 0"), "FAIL", "status 0 and said: nothing"),
    Broken(
        "an accelerator and the packages for CPUs",
        "gpu",
        nvidia_smi("echo 'NVIDIA H200, 143771 MiB, 580.1'"),
        "note",
        "1 × NVIDIA H200, 143771 MiB, 580.1; the packages are those for CPUs: `FLAVOUR=gpu make setup`",
    ),
    Broken("weights that were cut", "models", model(cut_weights), "FAIL", "its header says"),
    Broken(
        "no weights",
        "models",
        model(lambda one: (one / "model.safetensors").unlink()),
        "FAIL",
        "model.safetensors is missing; copy the model again",
    ),
    Broken("a tokenizer that was cut", "models", model(cut_tokenizer), "FAIL", "tokenizer.json is not JSON"),
    Broken("no chat template", "models", model(without_template), "FAIL", "has no chat template"),
    Broken("a chat template that is none", "models", model(wrong_template), "FAIL", "model"),
    Broken("no such model", "models", options("--model", "./nowhere"), "FAIL", "no such directory"),
    Broken("a model of a hub", "models", options("--model", "no/such"), "note", "was not looked up"),
    Broken("a root below a file", "disk,storage", file_as_root, "FAIL", "is a file. Choose another folder"),
    Broken("a root that nothing opens", "storage", options("--root", "foo://x"), "FAIL", "which nothing here opens"),
    Broken("a store that nobody serves", "storage", dead_store, "FAIL", "the connection was refused"),
    Broken("a root in /proc", "storage", options("--root", "/proc/runs"), "FAIL", "cannot be written: /proc:"),
    Broken(
        "a cache that no memory holds",
        "memory",
        options("embedded", "--set", "generator.kv_cache_mib=99999999"),
        "FAIL",
        "sampling with 'builtin:generator'",
    ),
)


@pytest.mark.parametrize("setup", SETUPS, ids=lambda one: one.name)
def test_what_is_broken_has_its_line(
    setup: Broken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = setup.prepare(tmp_path, monkeypatch)
    status = cli.main(["doctor", *given, "--only", setup.checks])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(setup.checks.split(",")), lines
    assert lines[0].split()[0] == setup.status and setup.words in lines[0], lines
    assert status == (setup.status == "FAIL")
    for line, name in zip(lines[1:], setup.checks.split(",")[1:], strict=True):  # said once
        assert line.startswith("-") and line.split(name)[1].strip().startswith("not tried: "), line


def test_a_server_that_is_no_ray(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with listening(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{port}")
        assert cli.main(["doctor", "--only", "ray"]) == 1
    assert "what listens on that port is no Ray" in capsys.readouterr().out


def test_a_bucket_is_written_and_left_as_it_was(bucket: str, capsys: pytest.CaptureFixture[str]) -> None:
    from actors.storage.run_storage import open_storage

    assert cli.main(["doctor", "--only", "storage", "--root", f"{bucket}/runs", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert found["values"]["written_bytes_per_s"] > 0 and found["values"]["read_bytes_per_s"] > 0
    assert open_storage(bucket).list_names() == []
    assert cli.main(["doctor", "--only", "storage", "--root", "s3://no-such-bucket-here/x"]) == 1
    assert "there is no such bucket" in capsys.readouterr().out


def test_a_folder_is_left_as_it_was(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--only", "disk,storage", "--root", str(tmp_path / "a" / "b")]) == 0
    assert "MB/s" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


# ---- as processes: another mount, another limit, another user -------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "shell", "words"),
    [
        ("shm", "mount -t tmpfs -o size=1m tmpfs /dev/shm", "FAIL  shm          /dev/shm has 1 MiB free of 1 MiB"),
        (
            "shm",
            "mount -t tmpfs -o size=64m tmpfs /dev/shm",
            "note  shm          /dev/shm has 64 of 64 MiB free; below",
        ),
        (
            "tmp",
            "mount -t tmpfs -o size=64m tmpfs /mnt && export TMPDIR=/mnt",
            "FAIL  tmp          0.1 GiB free at /mnt",
        ),
        ("tmp", "mount -t tmpfs -o nr_inodes=9,size=2g tmpfs /mnt && export TMPDIR=/mnt", "more files (inodes)"),
        ("storage", "mount -t tmpfs -o ro tmpfs /mnt", "FAIL  storage      /mnt cannot be written: /mnt: Read-only"),
    ],
    ids=["shm-1m", "shm-64m", "tmp-small", "tmp-inodes", "read-only"],
)
def test_on_another_mount(check: str, shell: str, words: str) -> None:
    done = mucode("doctor", "--only", check, "--root", "/mnt", behind=OWN_MOUNTS, shell=shell)
    assert words in done.stdout, done.stdout + done.stderr
    assert done.returncode == (0 if words.startswith("note") else 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("limit", "words"),
    [
        (256, "FAIL  files        processes may have 256 files open"),
        (2048, "note  files        2048 files may be open"),
    ],
)
def test_few_open_files(limit: int, words: str) -> None:
    done = mucode("doctor", "--only", "files", shell=f"ulimit -n {limit}")
    assert words in done.stdout and "`ulimit -n 65536`" in done.stdout, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.docker
def test_no_right_on_the_engine(tmp_path: Path) -> None:
    path = Path("/var/run/docker.sock")
    if not path.exists() or path.stat().st_mode & stat.S_IWOTH:
        pytest.skip("the engine's socket is not here, or open to everybody")
    done = mucode_as_nobody(Path("/tmp"), "doctor", "--only", "docker,sandbox,docker disk")
    lines = done.stdout.splitlines()
    assert "the engine runs, but user 65534 may not use it" in lines[0]
    assert [line.split()[-1] for line in lines[1:]] == ["docker", "docker"]


@pytest.mark.slow
def test_a_package_that_is_missing(tmp_path: Path) -> None:
    """Its finder is asked first, and hides the real package."""
    hidden = tmp_path / "sitecustomize.py"
    hidden.write_text(
        "import importlib.util as u\nreal = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'deepspeed' else real(name, *a)\n"
    )
    done = mucode("doctor", "--only", "packages", PYTHONPATH=f"{tmp_path}:{ROOT}")
    assert "FAIL  packages     missing deepspeed; run `make setup`" in done.stdout, done.stdout + done.stderr


@pytest.mark.docker
@pytest.mark.slow
def test_this_machine_is_well(tmp_path: Path) -> None:
    done = mucode("doctor", "embedded", "--root", str(tmp_path), "--json", RAY_ADDRESS="")
    found = json.loads(done.stdout)
    assert [one for one in found["findings"] if one["status"] == "fail"] == []
    assert (done.returncode, found["ok"], found["schema"]) == (0, True, "doctor/1")
    assert shutil.which(sys.executable) and {"memory", "sandbox", "models"} <= {
        one["check"] for one in found["findings"]
    }
