"""`~` is the home directory wherever a path is named, and no terminal's encoding ends a command."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli import COMMANDS, main
from pipeline.config.load import load_config
from sandbox.terminal import expand_home

ROOT = Path(__file__).parents[3]


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("HOME", "/home/u")
    return "/home/u"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("~", "/home/u"),
        ("~/runs", "/home/u/runs"),
        ("--model=~/m", "--model=/home/u/m"),
        ("mbpp:test@~/mbpp.jsonl", "mbpp:test@/home/u/mbpp.jsonl"),
        ("--dataset=mbpp@~/x", "--dataset=mbpp@/home/u/x"),
        ("~other/x", "~other/x"),
        ("a~/b", "a~/b"),
        ("/a/~/b", "/a/~/b"),
        ("s3://a/~b", "s3://a/~b"),
    ],
)
def test_the_home_directory(home: str, text: str, expected: str) -> None:
    assert expand_home(text) == expected


def test_every_setting_that_names_a_path_expands_it(home: str, tmp_path: Path) -> None:
    paths = {
        "run": ("root", "stages"),
        "problems": ("train", "validation", "test"),
        "model": ("generator", "verifier"),
    }
    names = [f"{section}.{name}" for section, keys in paths.items() for name in keys]
    given = load_config(None, [f"{name}=~/x" for name in names])
    file = tmp_path / "c.toml"
    file.write_text(
        "".join(f"[{section}]\n" + "".join(f'{key} = "~/x"\n' for key in keys) for section, keys in paths.items())
    )
    for config in (given, load_config(file)):
        for section, keys in paths.items():
            assert [getattr(getattr(config, section), key) for key in keys] == [f"{home}/x"] * len(keys)


@pytest.mark.parametrize(
    ("encoding", "words", "status"),
    [
        ("ascii", ("pipeline", "--help"), 0),
        ("latin-1", ("sandbox", "check", "--dataset", "→", "--samples", "null", "--out", "x"), 2),
    ],
)
def test_a_terminal_that_is_not_utf_8_ends_nothing(encoding: str, words: tuple[str, ...], status: int) -> None:
    around = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, env=around, capture_output=True)
    assert done.returncode == status and b"Traceback" not in done.stderr, done.stderr
    assert b"?" in (done.stdout or done.stderr)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_prints_anything(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is called by `main`, which sees to it before anything is printed."""
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    print("→", flush=True)
    assert narrow.buffer.getvalue().endswith(b"?\n")


WORKER = """
import multiprocessing
import threading
from pipeline.study import parallel

parallel._end_with_parent = threading.Event().wait
here, there = multiprocessing.Pipe()
here.send(None)
parallel._worker_main("one", there, 1, 0)
parallel.console.say("done")
"""


def test_a_worker_of_a_study_prints_anything() -> None:
    around = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", WORKER], cwd=ROOT, env=around, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "one ? done\n"), done.stderr
