"""Splitting of tests, plans and loaders: no Docker."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.containers.ownership import NAMESPACE, OWNER, is_dead, labels
from sandbox.errors import ProblemError
from sandbox.judging.plan import make_plan
from sandbox.languages import python
from sandbox.languages.python import Call, split
from sandbox.pool.outcome_cache import OutcomeCache
from sandbox.problem import FunctionTest, Problem
from sandbox.problems.load import load_problems
from sandbox.verdict import Outcome, Verdict


@pytest.mark.parametrize(
    ("test", "call"),
    [
        ("assert f(3) == [3, 6]", Call("f(3)", [3, 6])),
        ("assert f(3) == -1, 'a message'", Call("f(3)", -1)),
        ("assert set(f(3)) == set([1, 2])", Call("set(f(3))", {1, 2})),
        ("assert round(f(3), 2) == 0.33", Call("round(f(3), 2)", 0.33)),
        ("assert f([P(1, 2)], k=g(3)) == 3", Call("f([P(1, 2)], k=g(3))", 3)),
        ("assert (f(3) == [3, 6]) == True", None),
        ("assert bool(f(3) == [3, 6]) == True", None),
        ("assert (f(3) == 6 and 1) == 1", None),
        ("assert check(f(3), [3, 6]) == True", None),
        ("assert round(f(3), g()) == 0.33", None),
        ("assert f(3)[0] == 3", None),
        ("assert [3, 6] == f(3)", None),
        ("assert f(3) == g(3)", None),
        ("assert f(3) is None", None),
        ("assert abs(f(3) - 1) < 1e-6", None),
        ("assert f(helper(3)) == 3", None),
        ("x = 3\nassert f(x) == 3", None),
        ("assert f(3", None),
    ],
)
def test_only_a_call_of_the_tested_name_splits(test: str, call: Call | None) -> None:
    assert split(test, "f", frozenset({"helper"})) == call


@pytest.mark.parametrize(
    ("tests", "name"),
    [
        (["assert f(1) == 2", "assert sorted(f(2)) == [3]"], "f"),
        (["assert sum(1, 2) == 3"], "sum"),
        (["assert f([Pair(1)]) == 2"], "f"),
        (["assert check(f(1), [1, 2]) == True"], None),
        (["assert f(1) == 2", "assert g(1) == 2"], None),
        (["f(1)"], None),
    ],
)
def test_the_tested_name(tests: list[str], name: str | None) -> None:
    assert python.tested_name(tests) == name


def test_set_up_code_goes_to_the_judge_box() -> None:
    tests = (FunctionTest("assert f(1) == 2"),)
    plain = make_plan(Problem(problem_id="a", prompt="", private_tests=tests), "private")
    with_setup = make_plan(Problem(problem_id="a", prompt="", private_tests=tests, setup="x = 1"), "private")
    assert (len(plain.calls), len(plain.checks)) == (1, 0)
    assert (len(with_setup.calls), len(with_setup.checks)) == (0, 1)
    assert plain.identity != with_setup.identity


ROW = {"task_id": "a", "prompt": "p", "private_tests": ["assert f(1) == 2"]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"task_id": None}, "line 2: field task_id: expected a string or an integer"),
        ({"prompt": "\ud800"}, "line 2: field prompt: expected text without lone surrogates"),
        ({"task_id": "\udfff"}, "line 2: field task_id: expected a string or an integer"),
        ({"prompt": 3}, "line 2: field prompt: expected a string, found 3"),
        ({"private_tests": []}, "line 2: field private_tests: expected at least one test"),
        ({"private_tests": ["assert ("]}, "line 2: field private_tests: expected Python source"),
        ({"private_tests": "assert f"}, "line 2: field private_tests: expected a list"),
        ({"entry_point": "a b"}, "line 2: field entry_point: expected the name of a function, found 'a b'"),
        ({"entry_point": "$f"}, "line 2: field entry_point: expected the name of a function"),
        (
            {"io": "stdio", "private_tests": [{"input": "\ud800", "output": ""}]},
            "line 2: field private_tests: expected text without lone surrogates",
        ),
        ({"io": "files"}, "line 2: field io: expected one of function, stdio"),
        ({"io": "stdio"}, "line 2: field private_tests: expected a list of .*input"),
        ({"language": "cobol"}, "line 2: field language: expected one of python"),
        ({"limits": {"cpu_s": 1}}, "line 2: field limits: expected positive numbers up to 1,000,000 named cpu_limit_s"),
        ({"limits": {"memory_mib": 0.5}}, "line 2: field limits"),
        ({"limits": {"cpu_limit_s": 1e308}}, "line 2: field limits"),
        ({"float_tol": "x"}, "line 2: field float_tol: expected a positive number"),
        ({"privat_tests": []}, "line 2: unknown field privat_tests; did you mean private_tests?"),
        ({"task_id": "first"}, "line 2: task_id 'first' is already on line 1"),
    ],
)
def test_bad_rows_are_named(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    path = tmp_path / "problems.jsonl"
    path.write_text(json.dumps({**ROW, "task_id": "first"}) + "\n" + json.dumps({**ROW, **change}) + "\n")
    with pytest.raises(ProblemError, match=message):
        load_problems(str(path))


def test_a_good_row(tmp_path: Path) -> None:
    path = tmp_path / "problems.jsonl"
    row = {**ROW, "limits": {"cpu_limit_s": 2}, "float_tol": 1e-3, "difficulty": "easy", "task_id": 7}
    path.write_text(json.dumps(row) + "\n")
    (problem,) = load_problems(str(path))
    assert (problem.problem_id, problem.limits.cpu_limit_s, problem.limits.wall_limit_s) == ("7", 2.0, 20.0)
    assert problem.float_tol == 1e-3


@pytest.mark.parametrize("name", ["mbpq", "mbpp:dev", "humaneval:train", "builtin:dev"])
def test_unknown_names(name: str) -> None:
    with pytest.raises(ProblemError):
        load_problems(name)


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


def test_an_owner_is_dead_only_if_that_is_certain() -> None:
    alive = labels()
    boot, pid, started = alive[OWNER].split(":")
    assert not is_dead(alive)
    assert is_dead({**alive, OWNER: f"{boot}:{pid}:{int(started) + 1}"})  # its number was used again
    assert is_dead({**alive, OWNER: f"{boot}:{2**22 + 5}:1"})
    assert not is_dead({**alive, OWNER: f"other:{2**22 + 5}:1"})
    assert not is_dead({**alive, OWNER: f"{boot}:{2**22 + 5}:1", NAMESPACE: "pid:[1]"})
    assert not is_dead({OWNER: "nonsense"})


def test_the_memo_answers_everybody_once_and_forgets_infrastructure() -> None:
    cache, got = OutcomeCache(2), []
    run = cache.ask("k", got.append)
    assert run is not None
    assert cache.ask("k", got.append) is None and got == []
    broken = Outcome(verdict=Verdict.INFRASTRUCTURE_ERROR)
    run(broken)
    assert got == [broken, broken]
    again = cache.ask("k", got.append)
    assert again is not None
    good = Outcome(verdict=Verdict.ACCEPTED)
    again(good)
    assert cache.ask("k", got.append) is None and got[2:] == [good, good]
