"""The command line itself: usage, version, exit statuses, and what a person reads when something fails."""

from pathlib import Path
from typing import Any

import pytest

from pipeline import cli
from pipeline.commands import config as config_command
from pipeline.commands.failure import report_failure
from pipeline.config.load import find_config, load_config
from pipeline.errors import ConfigError
from sandbox.errors import ENDED_IN_THE_MIDDLE, NOTHING_DONE


@pytest.mark.parametrize("command", list(cli.COMMANDS))
def test_a_wrong_option_shows_the_usage_of_its_sub_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    given = {
        "resume": ["x"],
        "report": ["x"],
        "export": ["x", "--out", "y"],
        "serve": ["x"],
        "study": ["x"],
        "sandbox": ["selftest"],
    }.get(command, [])
    given = ["--model", "m", "--dataset", "d"] if command == "eval" else given
    with pytest.raises(SystemExit) as ended:
        cli.main([command, *given, "--nonsense"])
    assert ended.value.code == 2
    assert (
        f"usage: mucode {' '.join([command, *given]) if command == 'sandbox' else command} " in capsys.readouterr().err
    )


def test_the_version_names_the_commit(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("mucode ") and "commit" not in cli.COMMANDS


def test_a_config_is_found_by_its_name() -> None:
    assert find_config("llama-3.2-1b").name == "llama-3.2-1b.toml"
    assert load_config("embedded") == load_config()
    assert load_config("llama-3.2-1b") == load_config(find_config("llama-3.2-1b"))
    with pytest.raises(
        ConfigError, match=r"no config file at llama-4 .did you mean .llama.*\. Shipped by name: .*llama-3\.2-1b"
    ):
        find_config("llama-4")


class AnswerTooLate(RuntimeError):
    """Of an engine that misses its deadline."""


class WrappedByRay(Exception):
    def __init__(self, cause: Exception) -> None:
        super().__init__("Traceback (most recent call last):\n" + "  a line\n" * 40)
        self.cause = cause


def failing_command(monkeypatch: pytest.MonkeyPatch, error: BaseException, directory: Path | None = None) -> int:
    def fail(options: Any) -> int:
        options.directory = None if directory is None else str(directory)
        raise error

    monkeypatch.setattr(config_command, "execute_command", fail)
    return cli.main(["config"])


def test_an_error_within_an_actor_is_three_lines_and_a_file_of_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    late = WrappedByRay(AnswerTooLate("an answer took longer than 600 s"))
    assert failing_command(monkeypatch, late, tmp_path) == ENDED_IN_THE_MIDDLE
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 3
    assert said.startswith("mucode: AnswerTooLate: an answer took longer than 600 s\n")
    (file,) = (tmp_path / "failures").iterdir()
    assert str(file) in said and "WrappedByRay" in file.read_text()


def test_without_a_run_directory_the_traceback_goes_to_the_temporary_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert failing_command(monkeypatch, KeyError("x"), tmp_path / "never-begun") == ENDED_IN_THE_MIDDLE
    assert str(tmp_path / "mucode-") in capsys.readouterr().err
    assert not (tmp_path / "never-begun").exists()


def test_an_error_for_people_is_its_own_text_also_through_ray(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failing_command(monkeypatch, WrappedByRay(ConfigError("set x"))) == NOTHING_DONE
    assert capsys.readouterr().err == "mucode: set x\n"


def test_debug_prints_the_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("MUCODE_DEBUG", "1")
    report_failure(ConfigError("set x"))
    assert "ConfigError: set x" in capsys.readouterr().err


def test_interrupted_work_says_how_to_continue(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.commands.run.execute_run", interrupt)
    assert cli.main(["run", "--set", f"run.root={tmp_path}"]) == cli.INTERRUPTED
    assert "what was committed is kept: `mucode resume DIR` continues" in capsys.readouterr().err


def test_a_library_that_exits_does_not_end_mucode_without_a_word(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failing_command(monkeypatch, SystemExit(0), tmp_path) == ENDED_IN_THE_MIDDLE
    assert "mucode: SystemExit: 0" in capsys.readouterr().err
