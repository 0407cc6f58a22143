"""A language of another package: problems name it by its import path, and nothing lists it. No Docker."""

import json
import sys
from pathlib import Path

import pytest

from sandbox.errors import ProblemError
from sandbox.judging.plan import make_plan
from sandbox.languages import LANGUAGES
from sandbox.problems.load import load_problems

PLUGIN = """
from sandbox import Language

RUN = ("/usr/local/bin/mawk", "-f", "{program}")
AWK = Language(name="awk", title="AWK", fences=("awk",), suffix=".awk", files=("mawk",), run=RUN)
NOTHING = 3
"""
ROW = {"task_id": "t", "prompt": "p", "io": "stdio", "private_tests": [{"input": "1\n", "output": "2\n"}]}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "language_guest.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(LANGUAGES, "_loaded", {})
    sys.modules.pop("language_guest", None)
    return tmp_path


def problems(folder: Path, **change: object) -> str:
    path = folder / "problems.jsonl"
    path.write_text(json.dumps(ROW | change) + "\n")
    return str(path)


def test_a_problem_names_it_by_its_import_path(package: Path) -> None:
    (problem,) = load_problems(problems(package, language="language_guest:AWK"))
    plan = make_plan(problem, "private")
    assert (problem.language, plan.language.title) == ("language_guest:AWK", "AWK")
    assert list(LANGUAGES) == ["python", "javascript", "cpp"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"language": "language_guest:NONE"}, "cannot be imported"),
        ({"language": "language_guest:NOTHING"}, "is int, expected Language"),
        (
            {"language": "cobol"},
            "line 1: field language: expected one of python, javascript, cpp, or package.module:NAME",
        ),
        ({"language": 3}, "line 1: field language: expected one of python"),
        (
            {"language": "language_guest:AWK", "io": "function", "private_tests": ["f(1)"]},
            "AWK has no function problems here",
        ),
    ],
)
def test_what_is_wrong_with_it_is_named(package: Path, change: dict[str, object], message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        load_problems(problems(package, **change))
