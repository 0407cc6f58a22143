"""What ends a run in the middle: three lines for a person, the traceback in a file."""

import json
from pathlib import Path
from typing import Any

import pytest

from actors.deadline import DeadlineError
from pipeline.config.load import load_config
from pipeline.state.failures import FAILURES, StageFailed, ended_in_the_middle, what_happened
from pipeline.state.run import Run
from pipeline.state.run_directory import EVALUATION
from pipeline.state.run_files import RunFiles
from pipeline.state.stage import Stage, StageContext, StageOutput
from sandbox.errors import ENDED_IN_THE_MIDDLE, NOTHING_DONE, UserError

NO_ACTORS: Any = object()


def run_with(tmp_path: Path, error: BaseException) -> Run:
    def fail(context: StageContext) -> StageOutput:
        raise error

    step = Stage(name="toy", title="toy", config_fields=("run.seed",), function=fail)
    run = Run(load_config(overrides=[f"run.root={tmp_path}", "run.name=r"]), actor_groups=NO_ACTORS)
    run.stage(1, step)
    return run


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DeadlineError("the engine's answer to problem 3, sample 1, turn 2 took longer than 600 s"), "took longer"),
        (RuntimeError("boom\nin two lines"), "RuntimeError: boom in two lines"),
        (ZeroDivisionError(), "ZeroDivisionError"),
        (ValueError("x" * 5000), "ValueError: xxx"),
    ],
)
def test_a_failing_stage_is_told_in_three_lines_and_its_traceback_kept(
    tmp_path: Path, error: Exception, words: str
) -> None:
    with pytest.raises(StageFailed) as caught:
        run_with(tmp_path, error)
    lines = str(caught.value).splitlines()
    assert len(lines) == 3 and max(map(len, lines)) < 500
    assert lines[0].startswith("iteration 1 · toy failed: ") and words in lines[0]
    file = tmp_path / "r" / "failures" / "iter_0001-toy.txt"
    assert str(file) in lines[1] and f"mucode resume {tmp_path}/r" in lines[2]
    assert "Traceback (most recent call last)" in file.read_text() and "in fail" in file.read_text()
    assert caught.value.exit_status == ENDED_IN_THE_MIDDLE


def test_a_failed_evaluation_is_continued_by_the_same_command(tmp_path: Path) -> None:
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / EVALUATION).write_text("{}")
    with pytest.raises(StageFailed, match="the same `mucode eval` again continues"):
        run_with(tmp_path, RuntimeError("boom"))


def test_an_interrupted_stage_is_no_failure(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_with(tmp_path, KeyboardInterrupt())
    assert not (tmp_path / "r" / "failures").exists()
    assert json.loads((tmp_path / "r" / "iter_0001" / "toy" / "begun.json").read_text())["identity_hash"]


def test_what_ray_wraps_is_told_by_its_cause() -> None:
    class Wrapped(Exception):
        def __init__(self, cause: Exception) -> None:
            super().__init__("\x1b[36mray::Generator.play()\x1b[39m (pid=1)\n  File x, line 3\n" * 20)
            self.cause = cause

    assert what_happened(Wrapped(Wrapped(UserError("set rollouts.samples")))) == "set rollouts.samples"
    assert UserError.exit_status == NOTHING_DONE


ACTOR = "\x1b[36mray::A.__init__()\x1b[39m (pid=7, ip=192.0.2.2, actor_id=1293, repr=<m.A object at 0x7f01>)\n"
BEGUN = "The actor died because of an error raised in its creation task, "
FRAMES = '  File "/m.py", line 11, in __init__\n    start()\n    ^^^^^\n'
CAUSED = "\n\nThe above exception was the direct cause of the following exception:\n\n"
DIED = "The actor died.\n\tclass_name: A\n\tactor_id: caf8\n\tpid: 7\n\tip: 192.0.2.2\nIts process was killed"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            f"{BEGUN}{ACTOR}{FRAMES}OSError: no such file\n  m.gguf",
            "OSError: no such file m.gguf (RuntimeError: The actor",
        ),
        (
            f"{BEGUN}{ACTOR}       ~~^^^^\nKeyError: 'key'{CAUSED}{ACTOR}{FRAMES}ValueError: no engine",
            "KeyError: 'key' → ValueError: no engine (RuntimeError: The actor died",
        ),
        (f"Traceback (most recent call last):\n{FRAMES}m.Odd: odd", "m.Odd: odd (RuntimeError)"),
        (DIED, "RuntimeError: The actor died. class_name: A Its process was killed"),
        ("Expecting value: line 1", "RuntimeError: Expecting value: line 1"),
    ],
)
def test_of_a_traceback_in_a_text_the_reason_comes_first(text: str, told: str) -> None:
    """As Ray sends it: in colours, long, and the reason at its end."""
    said = what_happened(RuntimeError(text))
    assert said.startswith(told) and "\x1b" not in said and "actor_id" not in said


def test_a_note_says_whose_function_raised() -> None:
    error = KeyError("score")
    error.add_note("raised by rank of selector mine:ROW (mine.py, line 3)")
    assert what_happened(error) == "KeyError: 'score', raised by rank of selector mine:ROW (mine.py, line 3)"


def test_a_run_directory_that_takes_no_file_does_not_hide_the_cause(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk may be what failed: the traceback goes to the temporary folder."""

    def refuse(files: RunFiles, data: bytes, *names: str) -> None:
        if FAILURES in names:
            raise OSError("No space left on device")
        write(files, data, *names)

    write = RunFiles.write
    monkeypatch.setattr(RunFiles, "write", refuse)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    with pytest.raises(StageFailed, match="RuntimeError: boom") as caught:
        run_with(tmp_path, RuntimeError("boom"))
    (file,) = (tmp_path / "temporary").rglob("iter_0001-toy.txt")
    assert str(file) in str(caught.value) and "in fail" in file.read_text()


def test_an_error_for_people_of_many_lines_is_told_in_three(tmp_path: Path) -> None:
    with pytest.raises(StageFailed) as caught:
        run_with(tmp_path, UserError("two limits:\n  one\n  two"))
    assert len(str(caught.value).splitlines()) == 3 and "two limits: one two" in str(caught.value)


def test_a_refusal_after_work_is_an_end_in_the_middle() -> None:
    for worked, status in ((False, NOTHING_DONE), (True, ENDED_IN_THE_MIDDLE)):
        with pytest.raises(UserError) as caught, ended_in_the_middle(lambda done=worked: done):  # type: ignore[misc]
            raise UserError("made with other settings")
        assert caught.value.exit_status == status
    assert UserError.exit_status == NOTHING_DONE
