"""Tests that reject no program are found when a set is read, and the program that does nothing is judged."""

import ast

import pytest

from sandbox.problem import FunctionTest, Problem, StdioTest
from sandbox.problems.data_set import sort_out
from sandbox.problems.free_names import program_names
from sandbox.problems.null_stub import null_stub
from sandbox.problems.toothless import NO_ASSERT, NOT_ASKED, toothless_reason
from tests.support.published import published, real


def problem(*tests: str, entry_point: str | None = "f", setup: str = "", preamble: str = "") -> Problem:
    private = tuple(map(FunctionTest, tests))
    return Problem(
        problem_id="p", prompt="", private_tests=private, entry_point=entry_point, setup=setup, preamble=preamble
    )


@pytest.mark.parametrize(
    "test",
    [
        "f(2) == 4",
        "assert (f(2) == 4, 'x')",
        "assert f(2) == 4 or True",
        "assert [f(2) == 4]",
        "assert lambda: f(2) == 4",
        "def check(candidate):\n    assert candidate(2) == 4\n\nf",
        "result = f(2)\nprint(result == 4)",
        "try:\n    assert f(2) == 4\nexcept AssertionError:\n    pass",
        "try:\n    assert f(2) == 4\nexcept:\n    pass",
        "class T:\n    def helper(self):\n        assert f(2) == 4",
        "import unittest\nclass T(unittest.TestCase):\n    def testing(self):\n        f(2)",
        "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertTrue(True); f(1)",
        "def test_a():\n    return f(2) == 4",
    ],
)
def test_tests_that_cannot_fail_are_named(test: str) -> None:
    assert toothless_reason(problem(test)) == NO_ASSERT
    assert toothless_reason(problem(test, "f(3)")) == NO_ASSERT
    assert toothless_reason(problem(test, "assert f(3) == 6")) is None
    (excluded,) = sort_out("mine", [problem(test)]).excluded
    assert excluded.unjudgeable == NO_ASSERT


@pytest.mark.parametrize(
    "test",
    [
        "assert f(2) == 4",
        "assert f(2), 'x'",
        "assert (f(2) == 4) and True",
        "def check(candidate):\n    assert candidate(2) == 4\ncheck(f)",
        "def check(candidate):\n    assert candidate(2) == 4\nfor one in [f]:\n    check(one)",
        "if f(2) != 4:\n    raise ValueError",
        "import numpy as np\nnp.testing.assert_allclose(f(2), 4)",
        "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.assertEqual(f(2), 4)",
        "import unittest\nclass T(unittest.TestCase):\n    def setUp(self):\n        self.fail(f(2))",
        "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        self.same(2)\n"
        "    def same(self, x):\n        self.assertEqual(f(x), 4)",
        "def test_a():\n    assert f(2) == 4",
        "import pytest\ndef test_a():\n    with pytest.raises(ValueError):\n        f(2)",
        "try:\n    f(2)\nexcept ValueError:\n    pass\nelse:\n    assert False",
        "try:\n    f(2)\n    assert False\nexcept ValueError:\n    pass",
        "import sys\nif f(2) != 4:\n    sys.exit(1)",
        "'''\n>>> f(2)\n4\n'''",
        "from somewhere import check_all\ncheck_all(f)",
    ],
)
def test_tests_that_can_fail_are_not(test: str) -> None:
    assert toothless_reason(problem(test)) is None


def test_a_check_of_the_set_up_counts() -> None:
    setup = "def same(a, b):\n    assert a == b"
    assert toothless_reason(problem("same(f(2), 4)", setup=setup)) is None
    assert toothless_reason(problem("same(f(2), 4)", setup="def same(a, b):\n    return a == b")) == NO_ASSERT


def test_tests_that_never_ask_the_program_are_named() -> None:
    own = "def g(x):\n    return 2 * x\nassert g(2) == 4"
    assert toothless_reason(problem(own)) == NOT_ASKED
    assert toothless_reason(problem("assert helper(2) == 4", preamble="def helper(x):\n    return 4")) == NOT_ASKED
    assert toothless_reason(problem(own, "assert f(1) == 2")) is None
    assert toothless_reason(problem("assert g(2) == 4")) is None  # another function of the program
    assert toothless_reason(problem("import m\nassert m.patch('__main__.f')")) is None


def test_examples_of_a_session_are_tests() -> None:
    assert toothless_reason(problem("Twice a number.\n\n>>> f(2)\n4\n")) is None
    assert toothless_reason(problem(">>> abs(2)\n2\n")) == NOT_ASKED
    assert "def g" in str(null_stub(problem(">>> g(2)\n4\n")))


def test_other_languages_and_streams() -> None:
    script = Problem(
        problem_id="p", prompt="", language="javascript", private_tests=(FunctionTest("f(2) === 4"),), entry_point="f"
    )
    assert toothless_reason(script) == NO_ASSERT
    streams = Problem(problem_id="p", prompt="", io="stdio", private_tests=(StdioTest("", ""),))
    assert toothless_reason(streams) is None


@real
@pytest.mark.parametrize("name", ["mbpp", "mbpp_sanitized", "humaneval", "humanevalpack", "leetcode:test", "classeval"])
def test_no_problem_of_a_published_set_is_named(name: str) -> None:
    data = published(name)
    assert [one.problem_id for one in (*data.problems, *data.excluded) if toothless_reason(one)] == []


@real
def test_a_problem_of_bigcodebench_never_calls_its_function() -> None:
    data = published("bigcodebench")
    named = [one.problem_id for one in (*data.problems, *data.excluded) if toothless_reason(one)]
    assert named == ["BigCodeBench/272"]


def test_names_that_only_the_program_can_give() -> None:
    test = ast.parse("import os\nfrom m import check\nx = [f(i) for i in g]\nassert math.isclose(np.sum(x), len(x))")
    assert program_names([test]) == {"f", "g"}
    assert program_names([test], [ast.parse("def g(): ...")]) == {"f"}


# ---- the program that does nothing ---------------------------------------------------------------------------------


def run(stub: str | None) -> dict[str, object]:
    names: dict[str, object] = {}
    assert stub is not None
    exec(stub, names)
    return names


def test_a_stub_has_every_name_that_tests_ask_for() -> None:
    names = run(null_stub(problem("assert f(g(2), key=1) == 4")))
    assert names["f"](1, key=2) is None and names["g"]() is None  # type: ignore[operator]


def test_a_stub_of_a_class_has_its_methods() -> None:
    reference = "class Stack:\n    def push(self, x): ...\n    @staticmethod\n    def of(x): ...\n"
    tested = Problem(
        problem_id="p",
        prompt="",
        private_tests=(FunctionTest("s = Stack()\ns.push(1)\nassert Stack.of([1]).size() == 1"),),
        entry_point="Stack",
        reference=reference,
    )
    made = run(null_stub(tested))["Stack"]
    assert made(1).push(2) is None and made.of(3) is None and made().other(1) is None  # type: ignore[operator,attr-defined]


def test_stubs_of_streams_and_other_languages() -> None:
    streams = Problem(problem_id="p", prompt="", io="stdio", private_tests=(StdioTest("", "1"),))
    script = Problem(problem_id="p", prompt="", language="javascript", entry_point="f")
    assert (null_stub(streams), null_stub(script)) == ("", "function f() {}\n")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from solution import f\ndef test_f(): assert f(1) == 2", False),
        ("import solution\nassert solution.f(1) == 2", False),
        (">>> f(1)\n2", False),
        (">>> 1 + 1\n2", True),
        ("'''\n>>> f(1)\n2\n'''", False),
    ],
)
def test_the_program_may_be_imported_or_shown_on_a_console(source: str, found: bool) -> None:
    problem = Problem(problem_id="t", prompt="", private_tests=(FunctionTest(source),))
    assert (toothless_reason(problem) is not None) is found
