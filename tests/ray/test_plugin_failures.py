"""What a person reads if a plug-in fails inside an actor: its function, its name and its line, in three lines."""

from pathlib import Path
from unittest.mock import patch

import pytest

from pipeline import cli
from pipeline.commands import evaluate
from sandbox.problems.load import load_problems
from tests.ray.test_eval import RATES, ScriptedActorGroups
from tests.sandbox.conftest import engine  # noqa: F401
from tests.support import failing_plugins
from tests.support.model_directories import model_directory
from tests.support.scripted import Script

MODULE = failing_plugins.__name__
SETTINGS = ("rollouts.max_tokens=20000", "model.max_tokens=40000", "problems.limit_test=3", "run.name=failing")


def raised_by(function: str, row: str) -> str:
    line = failing_plugins.fail.__code__.co_firstlineno + 1
    return f"raised by {function} {MODULE}:{row} ({failing_plugins.__file__}, line {line})"


@pytest.mark.docker
@pytest.mark.usefixtures("engine", "ray_session")
@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("RANK_FAILS", raised_by("rank of selector", "RANK_FAILS")),
        ("RANK_LEAVES", "RuntimeError: SystemExit: no scores, raised by rank of selector"),
        ("KEY_FAILS", raised_by("rank_key of selector", "KEY_FAILS")),
        ("TELL_FAILS", raised_by("tell of feedback style", "TELL_FAILS")),
        ("TELL_NOTHING", f"tell of feedback style {MODULE}:TELL_NOTHING returned None for problem 'family/test/"),
    ],
)
def test_a_failing_plug_in_is_named_and_ends_the_evaluation(
    row: str,
    said: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    ScriptedActorGroups.script = Script(load_problems("builtin:test")[:3], RATES)
    model = model_directory(tmp_path / "model", max_position_embeddings=40_000)  # its engine is scripted
    arguments = ["eval", "--model", str(model), "--dataset", "builtin:test", "--n", "1,2", "--k", "1"]
    selector, feedback = (row, None) if "TELL" not in row else (None, row)
    arguments += ["--selectors", ",".join(["pt", *([f"{MODULE}:{selector}"] if selector else [])])]
    settings = [*SETTINGS, f"run.root={tmp_path}", *([f"dialogue.feedback={MODULE}:{feedback}"] if feedback else [])]
    with patch.object(evaluate, "open_actor_groups", ScriptedActorGroups):
        assert cli.main([*arguments, *(word for setting in settings for word in ("--set", setting))]) == 1
    (line,) = [line for line in capfd.readouterr().err.splitlines() if line.startswith("mucode: ")]
    assert said in line, line
    assert list((tmp_path / "failing" / "failures").iterdir())
