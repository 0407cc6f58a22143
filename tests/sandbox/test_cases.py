"""unittest's classes and pytest's functions are run in a judge box, and the case that fails is named."""

import pytest

from sandbox.pool.pool import Pool
from sandbox.problem import FunctionTest, Limits, Problem
from tests.sandbox.problems import function

LIMITS = Limits(cpu_limit_s=5, wall_limit_s=30, memory_mib=256)
RIGHT = "def f(x):\n  if x < 0: raise ValueError(f'{x} is negative')\n  return 2 * x"
CLASS = """
import unittest
class TestCases(unittest.TestCase):
  def test_a(self):
    self.assertEqual(f(2), 4)
  def test_b(self):
    with self.assertRaises(ValueError):
      f(-1)
"""
RUN = "unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(TestCases))"
WAYS = {
    "no runner": CLASS,
    "unittest.main": f"{CLASS}if __name__ == '__main__':\n  unittest.main(argv=[''], exit=False)",
    "a runner": f"{CLASS}r = {RUN}\nassert r.wasSuccessful()",
    "a runner whose result is not looked at": CLASS + RUN,
    "a result": f"{CLASS}r = unittest.TestResult()\n"
    "unittest.defaultTestLoader.loadTestsFromTestCase(TestCases).run(r)\nassert r.wasSuccessful()",
    "a suite": f"{CLASS}s = unittest.TestSuite()\ns.addTest(TestCases('test_a'))\ns.addTest(TestCases('test_b'))\n"
    "unittest.TextTestRunner(verbosity=2).run(s)",
    "functions": "import pytest\nfrom solution import f\ndef test_a(): assert f(2) == 4\n"
    "def test_b():\n  with pytest.raises(ValueError, match='negative'): f(-1)",
    "a class of pytest": "import pytest, solution\nclass TestCases:\n  def setup_method(self): self.x = 2\n"
    "  def test_a(self): assert solution.f(self.x) == 4\n"
    "  def test_b(self): pytest.raises(ValueError, solution.f, -1)",
}
WRONG = {
    "def f(x): return x": ("test_a", "got 2, expected 4"),
    "def f(x): return 2 * x": ("test_b", ""),
    "def f(x): raise SystemExit": ("test_a", "SystemExit"),
    "def f(x): raise KeyboardInterrupt": ("test_a", "KeyboardInterrupt"),
    "import unittest\ndef f(x): raise unittest.SkipTest('no')": ("test_a", "SkipTest: no"),
    "class A:\n  def __eq__(s, o): return True\ndef f(x):\n  if x < 0: raise ValueError\n  return A()": (
        "test_a",
        "got <A object>, expected 4",
    ),
}


def unnamed(*tests: str) -> Problem:
    """Without an entry point: no name but those of the tests says what is tested."""
    return function(*tests, name=None, limits=LIMITS)


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_writing_them(pool: Pool, way: str) -> None:
    problem = unnamed(WAYS[way])
    assert pool.judge(problem, RIGHT, "private").accepted
    for program, (case, message) in WRONG.items():
        outcome = pool.judge(problem, program, "private")
        assert outcome.label is False, (program, outcome)
        if way != "a result":
            assert case in outcome.message and message in outcome.message, (program, outcome)


METHODS = [
    ("self.assertEqual(f(1), [1, 2])", "[1, 2]", "(1, 2)"),
    ("self.assertEqual(f(1), f(2))", "[1]", None),
    ("self.assertNotEqual(f(1), 3)", "2", "3"),
    ("self.assertListEqual(f(1), [1])", "[1]", "(1,)"),
    ("self.assertTupleEqual(f(1), (1,))", "(1,)", "[1]"),
    ("self.assertDictEqual(f(1), {'a': 1})", "{'a': 1}", "{'a': 2}"),
    ("self.assertSetEqual(f(1), {1})", "{1}", "[1]"),
    ("self.assertSequenceEqual(f(1), (1, 2))", "[1, 2]", "[2, 1]"),
    ("self.assertMultiLineEqual(f(1), 'a\\nb')", "'a\\nb'", "'ab'"),
    ("self.assertCountEqual(f(1), [1, 2, 2])", "(2, 1, 2)", "[1, 2]"),
    ("self.assertAlmostEqual(f(1), 0.3)", "0.1 + 0.2", "0.31"),
    ("self.assertAlmostEqual(f(1), 0.3, delta=0.1)", "0.35", "0.5"),
    ("self.assertTrue(f(1))", "1", "0"),
    ("self.assertFalse(f(1))", "[]", "[0]"),
    ("self.assertIs(f(1), True)", "True", "1"),
    ("self.assertIsNone(f(1))", "None", "0"),
    ("self.assertIn(f(1), (1, 2))", "2", "3"),
    ("self.assertIn(2, f(1))", "[2]", "[3]"),
    ("self.assertNotIn(2, f(1))", "[3]", "[2]"),
    ("self.assertGreater(f(1), 1)", "2", "1"),
    ("self.assertIsInstance(f(1), dict)", "{}", "[]"),
    ("self.assertIsInstance(f(1), A)", "A()", "B()"),
    ("self.assertRegex(f(1), '^a+$')", "'aa'", "'ab'"),
    ("for i in (1, 2):\n      with self.subTest(i=i): self.assertEqual(f(i), 7)", "7", "x"),
    ("self.assertEqual(3, f(1), 'a message')", "3", "4"),
    ("self.assertAlmostEqual(f(1), 1)", "1.0", "'1'"),
    ("self.assertTrue(all(c in 'ab' for c in f(1)))", "'ab'", "'ac'"),
]


@pytest.mark.parametrize(("statement", "right", "wrong"), METHODS)
def test_what_a_method_says_of_plain_values(pool: Pool, statement: str, right: str, wrong: str | None) -> None:
    problem = unnamed(f"import unittest\nclass T(unittest.TestCase):\n  def test_it(self):\n    {statement}")
    for value, label in ((right, True), (wrong, False)):
        if value is not None:
            outcome = pool.judge(problem, f"class A: pass\nclass B: pass\ndef f(x): return {value}", "private")
            assert outcome.label is label, outcome
            assert label or outcome.message.startswith("T.test_it"), outcome


def test_no_object_of_the_program_is_trusted_with_a_comparison(pool: Pool) -> None:
    yes = "class Y(type):\n  def __instancecheck__(c, o): return True\nclass A(metaclass=Y):\n" + "".join(
        f"  def __{name}__(s, *a): return {value}\n"
        for name, value in {
            **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge", "contains"), True),
            **dict.fromkeys(("sub", "rsub", "abs", "round", "float", "int"), 0),
        }.items()
    )
    accepted = {"self.assertNotEqual(f(1), 3)", "self.assertTrue(f(1))", "self.assertNotIn(2, f(1))"}
    for statement, _, wrong in METHODS:
        if wrong is not None and statement not in accepted and "A)" not in statement:
            problem = unnamed(f"import unittest\nclass T(unittest.TestCase):\n  def test_it(self):\n    {statement}")
            outcome = pool.judge(problem, f"{yes}def f(x): return A()", "private")
            assert outcome.label is False, (statement, outcome)


SKIPS = [
    ("@unittest.skip('no')\n  def test_a(self): f(1)\n  def test_b(self): self.assertEqual(f(1), 2)", True),
    ("@unittest.skip('no')\n  def test_a(self): self.assertEqual(f(1), 2)", None),
    ("def test_a(self): self.skipTest('no')\n  def test_b(self): self.assertEqual(f(1), 2)", True),
    ("def test_a(self): f(1) and self.skipTest('no')\n  def test_b(self): self.assertEqual(f(1), 2)", None),
    ("@unittest.skipIf(f(1), 'no')\n  def test_a(self): pass\n  def test_b(self): self.assertEqual(f(1), 2)", None),
    ("@unittest.expectedFailure\n  def test_a(self): self.assertEqual(f(1), 3)", True),
    ("@unittest.expectedFailure\n  def test_a(self): self.assertEqual(f(1), 2)", False),
    ("async def test_a(self): self.assertEqual(f(1), 2)", None),
]  # fmt: skip


@pytest.mark.parametrize(("body", "label"), SKIPS)
def test_what_is_skipped_judges_nothing(pool: Pool, body: str, label: bool | None) -> None:
    outcome = pool.judge(unnamed(f"import unittest\nclass T(unittest.TestCase):\n  {body}"), RIGHT, "private")
    assert outcome.label is label, outcome


def test_one_skipped_source_among_others_is_no_matter(pool: Pool) -> None:
    skipped = "import unittest\n@unittest.skip('no')\nclass S(unittest.TestCase):\n  def test_s(self): f(1)"
    assert pool.judge(unnamed(skipped, "assert f(1) in (2,)"), RIGHT, "private").accepted
    outcome = pool.judge(unnamed(skipped, skipped), RIGHT, "private")
    assert (outcome.label, outcome.message) == (None, "every test is skipped: nothing can be accepted")


def test_set_up_of_classes_and_tests(pool: Pool) -> None:
    source = """
import unittest
class Base(unittest.TestCase):
  @classmethod
  def setUpClass(cls): cls.all = f(1)
  def setUp(self): self.x = f(2); self.log = []
  def tearDown(self): assert self.log == ['ran']
class T(Base):
  def test_it(self):
    self.log.append('ran')
    self.assertEqual((self.all, self.x), (2, 4))
"""
    assert pool.judge(unnamed(source), RIGHT, "private").accepted
    outcome = pool.judge(unnamed(source), "def f(x):\n  if x == 1: raise ValueError('v')\n  return 4", "private")
    assert (outcome.label, outcome.message) == (False, "setUpClass (__main__.T): ValueError: v")


def test_an_exception_is_expected_by_the_test_that_names_it_alone(pool: Pool) -> None:
    source = """
import unittest
class T(unittest.TestCase):
  def test_a(self):
    with self.assertRaises(StopIteration): f(-1)
  def test_b(self):
    self.assertTrue(all(f(n) == 2 * n for n in (1, 2)))
"""
    stops = "def f(x):\n  if {}: raise StopIteration\n  return 2 * x"
    assert pool.judge(unnamed(source), stops.format("x < 0"), "private").accepted
    outcome = pool.judge(unnamed(source), stops.format("True"), "private")
    assert outcome.message == "T.test_b: StopIteration"


def test_expected_values_are_computed_before_the_call(pool: Pool) -> None:
    source = "import unittest\nclass T(unittest.TestCase):\n  def test_a(self):\n    d = [1]\n    {}"
    for statement in ("self.assertEqual(f(d), d + d)", "self.assertListEqual(d + d, f(d))"):
        outcome = pool.judge(unnamed(source.format(statement)), "def f(x):\n  x.clear()\n  return x", "private")
        assert outcome.message == "T.test_a: got [], expected [1, 1]"


PYTEST = """
import pytest
from solution import AppError, f
@pytest.fixture
def two():
  yield 2
@pytest.fixture(scope="module")
def four(): return 4
@pytest.mark.parametrize("x, y", [(1, 2), pytest.param(2, 4)])
@pytest.mark.parametrize("z", [0, 1])
def test_rows(x, y, z): assert f(x) + z == y + z
def test_fixtures(two, four): assert f(two) == pytest.approx(four)
@pytest.mark.skip(reason="no")
def test_skipped(): assert f(1) == 3
class TestMore:
  def test_error(self):
    with pytest.raises(AppError) as caught: f(-1)
    assert "negative" in str(caught.value)
"""
ERROR = "class AppError(Exception): pass\n"
ROWS = [
    (RIGHT.replace("ValueError", "AppError"), True, ""),
    ("def f(x): return x", False, "test_rows[0]: assertion failed: f(x) + z == y + z"),
    ("def f(x): return 2 * x", False, "TestMore.test_error: assertion failed: AppError not raised"),
    (RIGHT, False, "TestMore.test_error: ValueError: -1 is negative"),
]


@pytest.mark.parametrize(("program", "label", "message"), ROWS)
def test_fixtures_parameters_and_marks(pool: Pool, program: str, label: bool, message: str) -> None:
    outcome = pool.judge(unnamed(PYTEST), ERROR + program, "private")
    assert outcome.label is label, outcome
    assert outcome.message.replace("got 1, expected 2", "assertion failed: f(x) + z == y + z") == message


@pytest.mark.parametrize(
    "source",
    [
        "from solution import f\ndef test_a(capsys): assert f(1) == 2",
        "import pytest\n@pytest.mark.xfail\ndef test_a(): assert f(1) == 3",
        "async def test_a(): assert f(1) == 2",
    ],
)
def test_what_the_stand_in_does_not_do_is_no_verdict(pool: Pool, source: str) -> None:
    assert pool.judge(unnamed(source), RIGHT, "private").label is None


def test_functions_that_a_source_calls_itself_run_once(pool: Pool) -> None:
    counted = "n = 0\ndef f():\n  global n\n  n += 1\n  return n"
    assert pool.judge(unnamed("def test_f(): assert f() == 1\ntest_f()"), counted, "private").accepted
    assert pool.judge(unnamed("def test_f(): assert f() == 1"), counted, "private").accepted


def test_a_public_suite_of_cases(pool: Pool) -> None:
    problem = Problem(problem_id="t", prompt="", public_tests=(FunctionTest(WAYS["unittest.main"]),), limits=LIMITS)
    assert pool.judge(problem, RIGHT, "public").accepted
    assert pool.judge(problem, "def f(x): return 0", "public").label is False


DOCTEST = """
Twice a number:
>>> f(2)
4
>>> from solution import f as twice
>>> [twice(n) for n in (1, 2)]  # doctest: +NORMALIZE_WHITESPACE
[2,
 4]
>>> f(-1)
Traceback (most recent call last):
    ...
ValueError: -1 is negative
>>> for n in range(2):
...     print(n, f(n))
0 0
1 2
>>> say("a")
says a
>>> x = say("b")
says b
>>> x
"""
SAYS = "\ndef say(x): print('says', x)"
EXAMPLES = [
    (RIGHT + SAYS, True, ""),
    ("def f(x): return x" + SAYS, False, "got '2\\n', expected '4\\n'"),
    (
        "def f(x): return 2 * x" + SAYS,
        False,
        "assertion failed: f(-1) raises nothing, expected ValueError: -1 is negative",
    ),
    (
        RIGHT.replace("is negative", "< 0") + SAYS,
        False,
        "got 'ValueError: -1 < 0\\n', expected 'ValueError: -1 is negative\\n'",
    ),
    (RIGHT + "\ndef say(x): return 'says ' + x", False, "got \"'says a'\\n\", expected 'says a\\n'"),
    ("class A:\n  def __repr__(s): return '5'\ndef f(x): return A()", False, "got '5\\n', expected '4\\n'"),
]


@pytest.mark.parametrize(("program", "label", "message"), EXAMPLES)
@pytest.mark.parametrize("quotes", ["", "'''"])
def test_examples_of_doctest(pool: Pool, quotes: str, program: str, label: bool, message: str) -> None:
    outcome = pool.judge(unnamed(f"{quotes}{DOCTEST}{quotes}"), program, "private")
    assert outcome.label is label, outcome
    assert outcome.message == message


def test_an_example_that_asks_nothing_of_the_program_accepts_nothing(pool: Pool) -> None:
    outcome = pool.judge(unnamed(">>> 1 + 1\n2"), RIGHT, "private")
    assert (outcome.label, outcome.message) == (None, "the tests ask nothing of the program: nothing can be accepted")


def test_what_stands_in_a_class_finds_names_of_the_program_and_modules(pool: Pool) -> None:
    source = "import unittest\nclass T(unittest.TestCase):\n  x, where = f(1), os.path.join('a', 'b')\n"
    source += "  def test_it(self, n=f(2)): self.assertEqual((self.x, self.where, n), (2, 'a/b', 4))"
    assert pool.judge(unnamed(source), RIGHT, "private").accepted
    assert pool.judge(unnamed(source), "def f(x): return x", "private").label is False


def test_a_name_of_a_module_may_be_what_it_has_by_that_name(pool: Pool) -> None:
    """The program's `from datetime import datetime`, which these tests rely on; the judge takes its own."""
    program = "from datetime import datetime\ndef f(x): return datetime(x, 1, 1)"
    for test in ("assert f(2000) == datetime.fromisoformat('2000-01-01')", "assert f(1) == datetime.datetime(1, 1, 1)"):
        outcome = pool.judge(function(test, setup="unused = 1"), program, "private")
        assert outcome.accepted, outcome


def test_an_exception_of_the_standard_library_is_caught_by_its_class(pool: Pool) -> None:
    source = "import sqlite3, unittest\nclass T(unittest.TestCase):\n  def test_it(self):\n"
    source += "    with self.assertRaises(sqlite3.OperationalError): f('no')"
    program = "import sqlite3\ndef f(x): sqlite3.connect(':memory:').execute(x)"
    assert pool.judge(unnamed(source), program, "private").accepted
    assert pool.judge(unnamed(source), "def f(x): raise ValueError", "private").label is False


def test_an_object_of_a_library_that_tests_hand_over_is_no_verdict(pool: Pool) -> None:
    source = "import xml.etree.ElementTree as E\nassert f(1) in (1,) and f(E.Element('a')) == 1"
    assert pool.judge(unnamed(source), "def f(x): return 1", "private").label is None


def test_what_a_program_gives_may_be_a_path_or_a_generator(pool: Pool) -> None:
    source = "import os, types\nassert os.path.basename(f(1)) == 'b' and isinstance(g(), types.GeneratorType)"
    program = "from pathlib import Path\ndef f(x): return Path('a', 'b')\ndef g(): yield 1"
    assert pool.judge(unnamed(source), program, "private").accepted
    assert pool.judge(unnamed(source), program.replace("yield 1", "return object()"), "private").label is False
