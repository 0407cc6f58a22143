"""Loaders of the sets beyond MBPP and HumanEval.

The rows of LiveCodeBench, APPS, TACO and KodCode are written by hand, in the fields that their publishers document: no
file of theirs was here. Those of BigCodeBench, ClassEval and LeetCodeDataset are read from the publishers' files.
"""

import base64
import json
import pickle
import zlib
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import ProblemError
from sandbox.judging.plan import make_plan
from sandbox.problem import Limits, Problem, StdioTest
from sandbox.problems.load import read_problems
from tests.support.published import published, raw, real, sources

NODES = "class ListNode:\n    pass\ndef list_node(values): ...\ndef is_same_list(a, b): ...\n"


def load(tmp_path: Path, name: str, *rows: dict[str, Any]) -> list[Problem]:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    data = read_problems(f"{name}@{path}")
    return [*data.problems, *data.excluded]


# ---- LeetCodeDataset ----------------------------------------------------------------------------------------------

LEETCODE = {
    "task_id": "reverse-linked-list",
    "problem_description": "Reverse a list.\n\nExample 1:\n\nInput: head = [1,2], k = null\nOutput: [2,1]\n",
    "starter_code": "class Solution:\n    def reverseList(self, head, k):\n        ",
    "prompt": NODES,
    "completion": "class Solution:\n    def reverseList(self, head, k): ...",
    "entry_point": "Solution().reverseList",
    "test": (
        "def check(candidate):\n"
        "    assert is_same_list(candidate(head = list_node([3]),k = 2), list_node([3]))\n"
        "    assert candidate(head = list_node([1, 2]),k = None) == 7\n"
    ),
}


def test_asserts_of_leetcode_become_calls_and_literals(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, "leetcode", LEETCODE)
    assert sources(problem.public_tests) == ["assert Solution().reverseList(head=list_node([1, 2]), k=None) == 7"]
    read_back = "list_values(Solution().reverseList(head=list_node([3]), k=2))"
    assert sources(problem.private_tests) == [f"assert {read_back} == [3]"]
    assert [call.source for call in make_plan(problem, "private").calls] == [read_back]
    assert problem.prompt.endswith("Complete this code:\n\nclass Solution:\n    def reverseList(self, head, k):\n")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"entry_point": "reverseList"}, r"line 1: field entry_point: expected Solution\(\)\.NAME"),
        ({"test": "def check(f):\n    assert f(1) == 2"}, r"field test: expected one function check\(candidate\)"),
        ({"test": "def check(candidate):\n    candidate(1) == 2"}, "field test: expected asserts about candidate"),
        ({"test": "def check(candidate):\n    assert True"}, "field test: expected asserts about candidate"),
    ],
)
def test_other_forms_of_leetcode_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        load(tmp_path, "leetcode", LEETCODE | change)


@real
def test_leetcode_shows_what_its_statements_show() -> None:
    data = published("leetcode:test")
    problems = [*data.problems, *data.excluded]
    assert len(problems) == 228 and sum(not problem.public_tests for problem in problems) == 2
    asserts = sum(row["test"].count("assert candidate(") for row in raw("leetcode/LeetCodeDataset-test.jsonl.gz"))
    assert sum(len(one.public_tests) + len(one.private_tests) for one in problems) == asserts
    assert data.missing == (("sortedcontainers", 17),)


# ---- unittest ------------------------------------------------------------------------------------------------------


@real
def test_bigcodebench_names_the_libraries_that_it_needs() -> None:
    data = published("bigcodebench")
    problems = [*data.problems, *data.excluded]
    assert len(problems) == 1140
    assert sum(not problem.imports for problem in problems) == 333
    six = {"pandas", "scipy", "sympy", "sortedcontainers", "sklearn", "matplotlib"}
    assert sum(set(problem.imports) <= six for problem in problems) == 851
    assert sum(set(problem.imports) <= {*six, "seaborn"} for problem in problems) == 919
    rows = raw("bigcodebench/BigCodeBench.jsonl.gz")
    assert [sources(one.private_tests) for one in sorted(problems, key=lambda one: int(one.problem_id[13:]))] == [
        [row["test"]] for row in rows
    ]
    assert not any("def task_func" in problem.preamble for problem in problems)
    by_id = {problem.problem_id: problem for problem in problems}
    lives_on_its_tests = by_id["BigCodeBench/1085"]
    assert "from string import punctuation" in lives_on_its_tests.preamble
    assert "import punctuation" not in lives_on_its_tests.prompt


@real
def test_classeval_gives_the_skeleton_and_its_imports() -> None:
    problems = {problem.problem_id: problem for problem in published("classeval").problems}
    first, (row, *_) = problems["ClassEval_0"], raw("classeval/ClassEval_data.json")
    assert (first.entry_point, first.preamble) == ("AccessGatewayFilter", "import logging\nimport datetime")
    assert first.prompt.startswith("import logging\nimport datetime") and row["skeleton"].strip() in first.prompt
    assert sources(first.private_tests) == [row["test"]] and first.public_tests == ()
    assert first.reference is not None and row["solution_code"] in first.reference


# ---- LiveCodeBench -------------------------------------------------------------------------------------------------


def packed(cases: list[dict[str, str]]) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(cases)))).decode()


STREAMS = {
    "question_title": "Sum",
    "question_content": "Print the sum.",
    "platform": "atcoder",
    "question_id": "abc1_a",
    "contest_id": "abc1",
    "contest_date": "2024-01-01T00:00:00",
    "starter_code": "",
    "difficulty": "easy",
    "public_test_cases": json.dumps([{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}]),
    "private_test_cases": packed([{"input": "4 5\n", "output": "9\n", "testtype": "stdin"}]),
    "metadata": "{}",
}
METHOD = STREAMS | {
    "question_id": "3000",
    "starter_code": "class Solution:\n    def joined(self, words: List[str], n: int) -> str:\n        ",
    "public_test_cases": json.dumps([{"input": '["a","b"]\n1', "output": '"ab"', "testtype": "functional"}]),
    "private_test_cases": packed([{"input": "[]\n0", "output": '""', "testtype": "functional"}]),
    "metadata": '{"func_name": "joined"}',
}


def test_livecodebench_has_both_kinds(tmp_path: Path) -> None:
    streams, method = load(tmp_path, "livecodebench", STREAMS, METHOD)
    assert (streams.io, streams.public_tests) == ("stdio", (StdioTest("1 2\n", "3\n"),))
    assert streams.private_tests == (StdioTest("4 5\n", "9\n"),)
    assert sources(method.public_tests) == ["assert Solution().joined(['a', 'b'], 1) == 'ab'"]
    assert sources(method.private_tests) == ["assert Solution().joined([], 0) == ''"]
    assert method.entry_point == "Solution" and make_plan(method, "private").calls
    assert "from typing import *" in method.preamble and method.prompt.endswith("-> str:\n")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"private_test_cases": "bm90IHBhY2tlZA=="},
            "field private_test_cases: expected JSON, or JSON that is pickled",
        ),
        ({"private_test_cases": packed([{"input": "1"}])}, "expected a list of {input, output, testtype"),  # type: ignore[list-item]
        ({"metadata": '{"func_name": "f"}'}, "all of the problem's kind"),
        ({"metadata": "[]"}, "field metadata: expected JSON with a dict"),
        ({"public_test_cases": "[1"}, "field public_test_cases: expected JSON"),
    ],
)
def test_livecodebench_is_refused_by_field(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ProblemError, match=message):
        load(tmp_path, "livecodebench", STREAMS | change)


# ---- APPS and TACO -------------------------------------------------------------------------------------------------


def apps(**fields: Any) -> dict[str, Any]:
    cases = fields.pop("input_output", {"inputs": ["1 2\n", "3 4\n"], "outputs": ["3\n", "7\n"]})
    row = {"problem_id": 7, "question": "Add.\n\nExample\n1 2\n3", "starter_code": "", "difficulty": "interview"}
    return row | {"input_output": json.dumps(cases), "solutions": json.dumps(["print(3)"]), "url": ""} | fields


def test_apps_shows_the_examples_of_its_statements(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, "apps", apps())
    assert (problem.problem_id, problem.reference, problem.io) == ("apps/7", "print(3)", "stdio")
    assert problem.public_tests == (StdioTest("1 2\n", "3\n"),)
    assert problem.private_tests == (StdioTest("3 4\n", "7\n"),)


def test_lines_of_apps_are_joined(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, "apps", apps(input_output={"inputs": [["9", "1"]], "outputs": [["8"]]}))
    assert problem.private_tests == (StdioTest("9\n1", "8"),)


@pytest.mark.parametrize(
    ("starter", "outputs", "expected"),
    [
        ("", [[3], [7]], ["assert add(1, 2) == 3", "assert add(3, 4) == 7"]),
        ("", [3, 7], ["assert add(1, 2) == 3", "assert add(3, 4) == 7"]),
        ("", [[3], [7, 8]], ["assert add(1, 2) == [3]", "assert add(3, 4) == [7, 8]"]),  # not wrapped: they are lists
        (
            "class Solution:\n    def add(self, a, b):",
            [[True], [None]],
            ["assert Solution().add(1, 2) == True", "assert Solution().add(3, 4) == None"],
        ),
    ],
)
def test_functions_of_apps(tmp_path: Path, starter: str, outputs: list[Any], expected: list[str]) -> None:
    cases = {"fn_name": "add", "inputs": [[1, 2], [3, 4]], "outputs": outputs}
    (problem,) = load(tmp_path, "apps", apps(input_output=cases, starter_code=starter))
    assert sources((*problem.public_tests, *problem.private_tests)) == expected
    assert make_plan(problem, "private").calls


def test_problems_without_tests_are_left_out(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, "apps", apps(input_output={}) | {"input_output": "", "solutions": ""})
    assert (problem.unjudgeable, problem.reference) == ("it has no tests", None)


def test_taco_has_limits_and_numbers(tmp_path: Path) -> None:
    rows = [apps(time_limit="2.5 seconds", memory_limit="512.0 megabytes"), apps(time_limit=None)]
    for row in rows:
        del row["problem_id"]
    first, second = load(tmp_path, "taco", *rows)
    assert (first.problem_id, second.problem_id) == ("taco/file/0", "taco/file/1")
    assert first.limits == Limits(cpu_limit_s=2.5, wall_limit_s=25.0, memory_mib=512, per_test=True)
    assert second.limits == Limits(per_test=True)


@pytest.mark.parametrize(
    ("cases", "message"),
    [
        ({"inputs": ["1"], "outputs": []}, "inputs and outputs, two lists of the same length"),
        ({"inputs": [1], "outputs": [2]}, "texts of standard input and output"),
        ({"fn_name": "f", "inputs": [1], "outputs": [2]}, "inputs that are lists of arguments"),
        ({"fn_name": "f(", "inputs": [[1]], "outputs": [2]}, "fn_name to be the name of a function"),
    ],
)
def test_other_tests_of_apps_are_refused(tmp_path: Path, cases: dict[str, Any], message: str) -> None:
    with pytest.raises(ProblemError, match=f"line 1: field input_output: expected {message}"):
        load(tmp_path, "apps", apps(input_output=cases))


# ---- KodCode -------------------------------------------------------------------------------------------------------

KODCODE = {
    "style": "instruct",
    "question_id": "Prefill_1_I",
    "question": "Double it.",
    "solution": "def double(x):\n    return 2 * x",
    "test": (
        "import pytest\nfrom solution import double, other as o\n\ndef helper():\n    return 1\n\n"
        "def test_one():\n    assert double(helper()) == 2\n\ndef test_two():\n    assert double(3) == 6\n"
    ),
    "test_info": [{"function_name": "double", "parameter_list": "(x)"}],
}


def test_kodcode_has_a_test_per_function(tmp_path: Path) -> None:
    (problem,) = load(tmp_path, "kodcode", KODCODE)
    common = "import pytest\no = other\n\ndef helper():\n    return 1\n\n"
    assert sources(problem.public_tests) == [f"{common}def test_one():\n    assert double(helper()) == 2"]
    assert sources(problem.private_tests) == [f"{common}def test_two():\n    assert double(3) == 6"]
    assert (problem.entry_point, problem.imports) == ("double", ())


def test_kodcode_may_use_the_program_as_a_module(tmp_path: Path) -> None:
    test = "import solution\ndef test_one():\n    assert solution.double(1) == 2\n"
    (problem,) = load(tmp_path, "kodcode", KODCODE | {"test": test})
    assert problem.unjudgeable is None and sources(problem.public_tests)[0].startswith("import solution")
