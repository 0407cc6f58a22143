"""Files of one's own: what is wrong in a row is named."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import ProblemError
from sandbox.problems.jsonl import FIELDS, LIMITS
from sandbox.problems.load import load_problems, read_problems

ROW = {"task_id": "a", "prompt": "p", "private_tests": ["assert f(1) == 2"]}
PRINTS = {"io": "stdio", "private_tests": [{"input": "", "output": "1"}]}


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
        ({"limits": {"per_test": 1}}, "line 2: field limits: .*per_test is true or false"),
        ({"limits": {"cpu_limit_s": 1e308}}, "line 2: field limits"),
        ({"limits": {"int_max_str_digits": 100}}, "line 2: field limits: .*expected 0 or at least 640"),
        ({"limits": []}, "line 2: field limits: expected an object with"),
        ({"float_tol": 10**400}, "line 2: field float_tol: expected a positive number"),
        ({"float_tol": "x"}, "line 2: field float_tol: expected a positive number"),
        (
            {**PRINTS, "checker": "tokns"},
            "line 2: field checker: expected one of tokens, .*did you mean",
        ),
        (
            {**PRINTS, "checker_source": "def check(a): 1"},
            "field checker_source: .*it defines no function",
        ),
        ({**PRINTS, "checker_source": "def check("}, "field checker_source: .*it is not Python"),
        ({**PRINTS, "checker": "words", "checker_source": "x"}, "by name or by its source, not both"),
        ({"checker": "words"}, "line 2: field checker: expected none: it is about what a program prints"),
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
    assert problem.limits.per_test
    assert problem.float_tol == 1e-3


def test_a_checker(tmp_path: Path) -> None:
    path = tmp_path / "problems.jsonl"
    own = {"checker_source": "def check(input, output, expected): return True", "task_id": "own"}
    path.write_text("".join(json.dumps(ROW | PRINTS | row) + "\n" for row in ({"checker": "wcmp"}, own)))
    named, brought = load_problems(str(path))
    assert (named.checker, named.checker_source) == ("wcmp", "")
    assert (brought.checker, brought.checker_source) == ("tokens", own["checker_source"])


@pytest.mark.parametrize(
    ("source", "by"),
    [
        ("def check(a, b, c): return eval(b) == 1", "eval"),
        ("import pickle\ndef check(a, b, c): return True", "pickle"),
        ("def check(a, b, c):\n    from importlib.util import find_spec\n    return True", "importlib.util"),
        ("import os\ndef check(a, b, c): return os.system(b) == 0", "os.system"),
        ("def check(a, b, c): return __builtins__['ev' + 'al'](b)", "__builtins__"),
        ("import re, ast\ndef check(a, b, c): return bool(re.compile(c).match(b)) and ast.literal_eval(b)", None),
    ],
)
def test_a_checker_that_evaluates_is_excluded(tmp_path: Path, source: str, by: str | None) -> None:
    path = tmp_path / "problems.jsonl"
    path.write_text(json.dumps(ROW | PRINTS | {"checker_source": source}) + "\n")
    found = read_problems(str(path))
    reasons = [problem.unjudgeable for problem in found.excluded]
    assert reasons == ([f"its checker could execute what a program prints, by {by}"] if by else [])


@pytest.mark.parametrize("name", ["mbpq", "mbpp:dev", "humaneval:train", "builtin:dev"])
def test_unknown_names(name: str) -> None:
    with pytest.raises(ProblemError):
        load_problems(name)


def test_the_page_describes_every_field() -> None:
    page = (Path(__file__).parents[4] / "docs" / "datasets.md").read_text()
    section = page.partition("## Fields of a problem")[2].partition("\n## ")[0]
    described = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert sorted(described) == sorted([*FIELDS, *LIMITS])
