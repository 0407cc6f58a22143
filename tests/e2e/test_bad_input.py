"""Bad input gets one clear message, exit status 2, and leaves nothing behind."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.small_run import ROOT


def mucode(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment},
    )


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("mucode: ")
    assert len(done.stderr.strip().splitlines()) <= 2, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def run_with(root: Path, *settings: str, **environment: str) -> subprocess.CompletedProcess[str]:
    words = [word for setting in (f"run.root={root}", *settings) for word in ("--set", setting)]
    return mucode("run", *words, **environment)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("rollouts.sample=3", ("unknown config key", "rollouts.samples")),
        ("model.generator=./nowhere", ("model.generator", "./nowhere", "no such directory")),
        ("model.generator=builtin:huge", ("builtin:generator",)),
        ("run.strategy=magic", ("run.strategy = 'magic'", "mucode")),
        ("problems.train=./nothing.jsonl", ("nothing.jsonl",)),
        ("rollouts.max_tokens=512", ("rollouts.max_tokens = 512", "model.max_tokens")),
        ("run.name='a/b'", ("run.name",)),
    ],
)
def test_settings(tmp_path: Path, setting: str, words: tuple[str, ...]) -> None:
    refused(run_with(tmp_path / "runs", setting), *words)
    assert not (tmp_path / "runs").exists()


def test_a_model_without_a_chat_template(tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(ROOT / "pipeline" / "embedded" / "generator", model)
    config = json.loads((model / "tokenizer_config.json").read_text())
    config.pop("chat_template", None)
    (model / "tokenizer_config.json").write_text(json.dumps(config))
    (model / "chat_template.jinja").unlink(missing_ok=True)
    refused(run_with(tmp_path / "runs", f"model.generator={model}"), str(model), "no chat template")
    assert not (tmp_path / "runs").exists()


def test_malformed_problems_name_the_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.jsonl"
    good = {"task_id": "a", "prompt": "p", "public_tests": [], "private_tests": ["assert f(1) == 1"]}
    file.write_text(json.dumps(good) + "\n{broken\n")
    refused(run_with(tmp_path / "runs", f"problems.train={file}"), "mine.jsonl", "line 2")
    file.write_text(json.dumps(good) + "\n" + json.dumps({**good, "task_id": "b", "io": "telepathy"}) + "\n")
    refused(run_with(tmp_path / "runs", f"problems.train={file}"), "line 2", "telepathy")
    assert not (tmp_path / "runs").exists()


def test_no_docker(tmp_path: Path) -> None:
    done = run_with(tmp_path / "runs", DOCKER_HOST="unix:///nowhere/docker.sock")
    refused(done, "no Docker engine answers")
    assert not (tmp_path / "runs").exists()


def test_not_a_run_directory(tmp_path: Path) -> None:
    refused(mucode("resume", str(tmp_path)), "not a run directory")
    refused(mucode("report", str(tmp_path)), "not a run directory")
    assert list(tmp_path.iterdir()) == []


def test_a_strategy_that_needs_references(tmp_path: Path) -> None:
    from pipeline.config.load import load_config
    from pipeline.errors import ConfigError
    from pipeline.preflight import check as preflight
    from pipeline.state.problems import ProblemSplits

    file = tmp_path / "mine.jsonl"
    problem = {"task_id": "a", "prompt": "p", "public_tests": [], "private_tests": ["assert f(1) == 1"]}
    file.write_text(json.dumps(problem) + "\n")
    settings = [f"problems.train={file}", "run.strategy=leap", f"run.root={tmp_path / 'runs'}"]
    with pytest.raises(ConfigError, match=r"'leap' trains on reference solutions, but no problem of problems\.train"):
        preflight.check_run(load_config(None, settings), ProblemSplits())


def test_no_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.config.load import EMBEDDED, load_config
    from pipeline.errors import ConfigError
    from pipeline.preflight import check as preflight
    from pipeline.preflight import run_folder
    from pipeline.state.problems import ProblemSplits

    full = shutil.disk_usage(tmp_path)._replace(free=5 << 20)
    monkeypatch.setattr(run_folder.shutil, "disk_usage", lambda path: full)
    with pytest.raises(ConfigError, match="5 MiB free"):
        preflight.check_run(load_config(EMBEDDED, [f"run.root={tmp_path}"]), ProblemSplits())
