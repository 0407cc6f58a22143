"""MBPP from a folder as its publisher distributes it."""

import json
from pathlib import Path

import pytest

from sandbox.problems.load import load_problems


def test_mbpp_from_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tests = ["assert f(1) == 2", "assert f(2) == 3", "assert f(3) == 4"]
    row = {"task_id": 601, "text": "Add.", "code": "def f(x):\r\n return x + 1", "test_list": tests}
    row |= {"test_setup_code": "", "challenge_test_list": ["assert f(4) == 5"]}
    (tmp_path / "mbpp").mkdir()
    (tmp_path / "mbpp" / "mbpp.jsonl").write_text(json.dumps(row) + "\n")
    monkeypatch.setenv("MUCODE_DATA_DIR", str(tmp_path))
    (problem,) = load_problems("mbpp:train")
    assert load_problems("mbpp:test") == []
    assert [len(problem.tests("public")), len(problem.tests("private"))] == [1, 3]
    assert (problem.problem_id, problem.entry_point) == ("Mbpp/601", "f")
    assert problem.reference == "def f(x):\n return x + 1"
