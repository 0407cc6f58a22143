"""`mucode serve` before anything is started: what is printed, and what is refused."""

import shlex
import socket
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.serving.gate import KEY_VARIABLE

KEY = "a-key-that-nobody-guesses"


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def test_vllms_server_is_one_command_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["serve", "builtin:generator", "--print", "--port", "8001"]) == 0
    words = shlex.split(capsys.readouterr().out)
    directory = words[words.index("--host") - 1]
    assert words[:2] == ["vllm", "serve"] or words[1:4] == ["-m", "vllm.entrypoints.openai.api_server", "--model"]
    assert (Path(directory) / "model.safetensors").is_file()
    assert words[words.index("--host") :][:4] == ["--host", "127.0.0.1", "--port", "8001"]
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    assert main(["serve", "builtin:generator", "--print", "--host", "0.0.0.0"]) == 0
    line = capsys.readouterr().out
    assert line.startswith(f'VLLM_API_KEY="${KEY_VARIABLE}" ') and KEY not in line


@pytest.mark.parametrize(
    "words, key, why",
    [
        (["--host", "0.0.0.0"], "", "lets others ask this machine to run programs"),
        (["--host", "0.0.0.0", "--best-of", "2"], "", KEY_VARIABLE),
        ([], "short", "expected at least 16"),
        (["--turns", "2"], "", "--turns is about --best-of"),
        (["--set", "run.seed=1"], "", "--set is about --best-of"),
        (["--print", "--best-of", "2"], "", "Leave one out"),
        (["--iteration", "1"], "", "--iteration is about a run"),
    ],
)
def test_what_cannot_be_served_is_refused(
    words: list[str], key: str, why: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, key)
    assert main(["serve", "builtin:generator", *words]) == 2
    assert why in capsys.readouterr().err


def test_a_port_that_is_taken_is_refused_before_anything_starts(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = ["serve", "builtin:generator", "--best-of", "2", "--port", port, "--set", "rollouts.max_tokens=64"]
        assert main(command) == 2
    assert "cannot be used" in capsys.readouterr().err
