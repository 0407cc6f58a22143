"""Whose fault it is: a program chooses neither `infrastructure_error` nor `unjudged`, which some tests are."""

import time
from dataclasses import replace

import pytest

from sandbox.containers.connection import TransportName
from sandbox.pool.pool import Pool
from sandbox.problem import Limits
from sandbox.verdict import Verdict
from tests.sandbox.problems import function

FORGE = (
    "import os, json, time\ndef say(text):\n  data = text.encode()\n  data = len(data).to_bytes(4, 'big') + data\n"
    "  while data: data = data[os.write(3, data):]\n"
)
LARGE = Limits(cpu_limit_s=10, wall_limit_s=60, memory_mib=512)
WAYS = {"host": function("assert f(3) == [3, 6]"), "judge box": function("assert f(3) == [3, 6]", setup="unused = 1")}
ODD = {
    "array without a body": FORGE + """def f(x):\n  say('{"value": {"ndarray": []}}')\n  time.sleep(9)""",
    "half a complex": FORGE + """def f(x):\n  say('{"value": {"complex": [1]}}')\n  os._exit(0)""",
    "a type of lists": FORGE + """def f(x):\n  say('{"raised": {"type": ' + '[' * 900 + ']' * 900 + '}}')""",
    "a name that no class has": "def f(x): raise type('E', (ValueError,), {'__name__': 'x'})(chr(0) + chr(0xd800))",
    "set of objects": "def f(x): return {object()}",
    "huge fraction": "from fractions import Fraction\ndef f(x): return Fraction(10 ** 6000, 7)",
    "huge range": "def f(x): return range(10 ** 6000)",
    "signalling decimal": "from decimal import Decimal\ndef f(x): return Decimal('sNaN')",
    "nested sets": "def f(x):\n  v = frozenset()\n  for _ in range(140): v = frozenset([v])\n  return v",
    "odd array": "import numpy as np\ndef f(x): return np.zeros(3, dtype='V8')",
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("way", WAYS)
def test_odd_values_are_the_programs_fault(pool: Pool, way: str, name: str) -> None:
    outcome = pool.judge(WAYS[way], ODD[name], "private")
    assert outcome.verdict in (Verdict.WRONG_ANSWER, Verdict.RUNTIME_ERROR), outcome
    assert outcome.wall_s < 5


def test_an_endless_generator_ends_as_output(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.judging.conversation.MAX_STEPS", 2000)
    problem = function("def check(c):\n  assert tuple(c(3)) == (0, 1, 2)\ncheck(f)", limits=LARGE)
    outcome = pool.judge(problem, "def f(n):\n  while True: yield 0", "private")
    assert (outcome.verdict, outcome.message) == (Verdict.OUTPUT_LIMIT, "output limit: 2000 values of iterators")
    assert pool.judge(problem, "def f(n): yield from range(n)", "private").accepted


def test_large_arguments_and_their_answers_are_not_a_flood(pool: Pool) -> None:
    """12 MiB there and back."""
    test = "def check(c):\n  for n in (1, 2):\n    assert c(list(range(700000)))[-1] == 0\ncheck(f)"
    problem = function(test, limits=LARGE)
    assert pool.judge(problem, "def f(x): return x[:-1] + [0]", "private").accepted
    assert pool.judge(problem, "def f(x): return x", "private").message.startswith("got 699999")


def test_flooding_while_a_large_argument_comes(pool: Pool) -> None:
    flood = FORGE + (
        "import threading\ntext = json.dumps({'value': {'handle': 0, 'type': 'function'}})\n"
        "threading.Thread(target=lambda: [say(text) for _ in range(50000)], daemon=True).start()\n"
        "time.sleep(.5)\ndef f(x): return 0"
    )
    test = "def check(c):\n  assert c(list(range(300000)))[-1] == 0\ncheck(f)"
    outcome = pool.judge(function(test, limits=LARGE), flood, "private")
    assert (outcome.verdict.label, outcome.attempt) == (False, 1)
    assert outcome.wall_s < 10


NODE = "class Node:\n  def __init__(s, v): s.v = v"
UNJUDGEABLE = [
    ("", "def check(c):\n  assert c(lambda v: v) == 1\ncheck(f)", "a function of the tests"),
    ("", "x = [].sort\nassert f(x) == 1", "a builtin_function_or_method of the tests"),
    ("", "import itertools\nx = itertools.count()\nassert f(x) == 1", "an endless iterator of the tests"),
    (NODE, "assert f(Node(1)) == 1", "a Node of the tests"),
    (NODE, "assert f([Node]) == 1", "a type of the tests"),
]


@pytest.mark.parametrize(("setup", "test", "what"), UNJUDGEABLE)
def test_what_cannot_cross_is_no_verdict(pool: Pool, setup: str, test: str, what: str) -> None:
    outcome = pool.judge(function("assert f(0) == 1", test, setup=setup), "def f(x): return 1", "private")
    assert outcome.verdict is Verdict.UNJUDGED
    assert outcome.message.startswith(f"private test 2 cannot be judged: {what} cannot be passed to the program: ")
    assert pool.judge(function("assert f(0) == 1", test, setup=setup), "def f(x): return 0", "private").label is False


MAKES = "def make():\n  return lambda v: v + 1\n"
CATCHERS = {
    "bare": "try:\n  f(make())\nexcept: pass",
    "base": "try:\n  r = f(make())\nexcept BaseException as e: r = 0\nassert r == 0",
    "suppress": "import contextlib\nwith contextlib.suppress(BaseException): f(make())",
    "finally": "def go():\n  try: return f(make())\n  finally: return 7\nassert go() == 7",
    "generator": "def go():\n  try: yield f(make())\n  except BaseException: yield 1\nassert list(go()) == [1]",
    "thread": "import threading\nt = threading.Thread(target=lambda: f(make()))\nt.start()\nt.join()",
    "late thread": "import threading\nthreading.excepthook = print\nt = threading.Timer(.3, lambda: f(make()))\n"
    "t.start()\nt.join()",
    "unittest": "import unittest\nclass T(unittest.TestCase):\n  def test_a(self): self.assertEqual(f(make()), 3)\n"
    "r = unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(T))\nassert r.wasSuccessful()",
    "context": "class C:\n  def __enter__(s): pass\n  def __exit__(s, *e): return True\nwith C(): f(make())",
    "then it hangs": "try: f(make())\nexcept BaseException:\n  while True: pass",
    "then it ends": "import os\ntry: f(make())\nexcept BaseException: os._exit(0)",
    "replaced": "try:\n  f(make())\nexcept BaseException:\n  raise AssertionError('wrong')",
}


@pytest.mark.parametrize("way", CATCHERS)
@pytest.mark.parametrize("stop", [True, False])
def test_no_handler_of_a_test_changes_that_it_cannot_be_judged(pool: Pool, way: str, stop: bool) -> None:
    problem = function("assert f(int) in (1,)".replace("int", "0"), CATCHERS[way], setup=MAKES)
    outcome = pool.judge(problem, "def f(g): return g(2) if g else 1", "private", stop)
    assert (outcome.verdict, outcome.reason) == (Verdict.UNJUDGED, "unjudgeable"), outcome
    assert outcome.message.startswith("private test 2 cannot be judged: a function of the tests cannot be passed")
    assert outcome.attempt == 1
    assert pool.judge(problem, "def f(g): return 2", "private", stop).label is False  # the first test rejects it


def test_an_oversized_argument_is_the_tests_own_only_before_any_answer(pool: Pool) -> None:
    deep = "x = []\nfor _ in range(200): x = [x]\n"
    caught = "try:\n  f(x)\nexcept BaseException: pass"
    outcome = pool.judge(function(f"{deep}{caught}"), "def f(x): return 1", "private")
    assert (outcome.verdict, outcome.reason) == (Verdict.UNJUDGED, "unjudgeable")
    assert pool.judge(function(f"f(1)\n{deep}{caught}"), "def f(x): return 1", "private").accepted


CHOSEN = "assert f([0, [].sort][f(1)]) == 0"
"""Judged if `f(1)` is 0."""


def test_who_provokes_it_where_the_reference_is_judged_is_rejected(pool: Pool) -> None:
    provoking = "def f(x): return 1"
    known = replace(function("assert f(0) in (0, 1)", CHOSEN), reference="def f(x): return 0")
    outcome = pool.judge(known, provoking, "private")
    assert (outcome.verdict, outcome.reason, outcome.label) == (Verdict.RUNTIME_ERROR, "provoked", False)
    assert outcome.message.startswith(
        "the reference solution is judged where this program is not: private test 2 cannot"
    )
    assert outcome.tests[-1].index == 1
    for reference in (None, provoking, "def f(x): return 1 + 0"):  # unknown, the same, or not judged there either
        assert pool.judge(replace(known, reference=reference), provoking, "private").verdict is Verdict.UNJUDGED


def test_what_the_tests_meet_by_themselves_is_nobodys_provocation(pool: Pool) -> None:
    """Here the tests look at the clock: the reference happens to be judged."""
    setup = "import os, random\nif random.SystemRandom().random() < 2: raise OSError('a busy machine')"
    problem = replace(function("assert f(0) == 0", setup=setup), reference="def f(x): return 0")
    outcome = pool.judge(problem, "def f(x): return int(0)", "private")
    assert (outcome.verdict, outcome.reason) == (Verdict.UNJUDGED, "tests_failed")


def test_what_a_program_returns_never_makes_a_test_unjudgeable(pool: Pool) -> None:
    problem = function("assert f(f(1)) == 2", "assert f({'a': f(1)}) == 2")
    opaque = FORGE + """def f(x):\n  say('{"value": {"opaque": "x"}}')\n  time.sleep(9)"""
    assert pool.judge(problem, opaque, "private").label is False
    assert pool.judge(problem, "class A: pass\ndef f(x): return A", "private").label is False


BEFORE = "the tests failed by themselves, before the program had answered anything: "
TOO_LARGE = "output limit: values too large to be passed on"
"""1.1 million lists are more than the host reads of one claim."""
OWN_LIMITS = [
    ("", "while True: pass", "time limit: 2 s of CPU"),
    ("", "x = [0] * 10 ** 9", "MemoryError"),
    ("", "f([[]] * 1_100_000)", TOO_LARGE),
    ("while True: pass", "assert f(0) == 0", "time limit: 2 s of CPU"),
    ("x = 1 / 0", "assert f(0) == 0", "ZeroDivisionError: division by zero"),
    ("import no_such_module", "assert f(0) == 0", "ModuleNotFoundError: No module named 'no_such_module'"),
    ("", "import no_such_module\nassert f(0) == 0", "ModuleNotFoundError: No module named 'no_such_module'"),
]  # fmt: skip
CAUSED = [
    ("if f(1): \n while True: pass", "def f(x): return 1", Verdict.TIME_LIMIT, "time limit: 2 s of CPU"),
    ("x = [0] * f(1)", "def f(x): return 10 ** 9", Verdict.MEMORY_LIMIT, "MemoryError"),
    ("f([[]] * f(1))", "def f(x): return 1_100_000", Verdict.OUTPUT_LIMIT, TOO_LARGE),
    ("if f:\n  while True: pass", "f = 1", Verdict.TIME_LIMIT, "time limit: 2 s of CPU"),
]  # fmt: skip
TALK = Limits(cpu_limit_s=2, wall_limit_s=60, memory_mib=512)
"""Who waits for the wall limit is seen to."""


def limits_for(what: str) -> Limits:
    """A slow machine passes on a large value in more than two seconds."""
    return replace(TALK, cpu_limit_s=20) if what == TOO_LARGE else TALK


@pytest.mark.parametrize(("setup", "test", "what"), OWN_LIMITS)
def test_limits_that_the_tests_meet_by_themselves_are_no_verdict(pool: Pool, setup: str, test: str, what: str) -> None:
    outcome = pool.judge(function(test, setup=setup, limits=limits_for(what)), "def f(x): return x", "private")
    assert (outcome.verdict, outcome.message) == (Verdict.UNJUDGED, BEFORE + what)
    assert outcome.attempt == 1 and outcome.wall_s < 20


@pytest.mark.parametrize("way", WAYS)
def test_a_preamble_that_fails_by_itself_is_no_verdict(pool: Pool, way: str) -> None:
    broken = replace(WAYS[way], preamble="import no_such_module")
    outcome = pool.judge(broken, "def f(x): return [x, 2 * x]", "private")
    message = "the problem's own preamble fails: ModuleNotFoundError: No module named 'no_such_module'"
    assert (outcome.verdict, outcome.message) == (Verdict.UNJUDGED, message)
    sound = replace(WAYS[way], preamble="import math")
    claimed = FORGE + """say('{"failed": "compile", "type": "ImportError", "text": "x"}')\ntime.sleep(9)"""
    assert pool.judge(sound, claimed, "private").verdict is Verdict.COMPILE_ERROR
    assert pool.judge(sound, "def f(x:", "private").verdict is Verdict.COMPILE_ERROR
    for source, why in (
        ("while True: pass", "time limit: 1 s of CPU"),
        ("import os\nos._exit(3)", "the program ended itself with status 3"),
    ):
        outcome = pool.judge(replace(WAYS[way], preamble=source), "def f(x): return [x, 2 * x]", "private")
        assert outcome.message == f"the problem's own preamble fails: {why}" and outcome.label is None


def test_a_preamble_that_looks_for_a_name_may_fail_by_what_the_program_put_there(pool: Pool) -> None:
    problem = function("assert f(1) in (1,)", preamble="try:\n  xrange\nexcept NameError:\n  xrange = range")
    raising = "class M(type):\n  @property\n  def __module__(c): raise ValueError\nclass xrange(metaclass=M): pass\n"
    assert pool.judge(problem, f"{raising}def f(x): return 2", "private").label is False
    assert pool.judge(problem, "def f(x): return len(list(xrange(x)))", "private").accepted


def test_processes_that_wait_for_each_other_are_no_load_of_the_machine(pool: Pool) -> None:
    crowd = "import os\nfor _ in range(40):\n  if os.fork() == 0: break\nwhile True: pass"
    limits = Limits(cpu_limit_s=30, wall_limit_s=2, memory_mib=512)
    outcome = pool.judge(function("assert f(3) == [3, 6]", limits=limits), crowd, "private")
    assert outcome.verdict is Verdict.TIME_LIMIT, outcome


@pytest.mark.parametrize(("test", "program", "verdict", "message"), CAUSED)
def test_limits_that_its_answers_may_have_met_are_the_programs(
    pool: Pool, test: str, program: str, verdict: Verdict, message: str
) -> None:
    outcome = pool.judge(function(test, limits=limits_for(message)), program, "private")
    assert (outcome.verdict, outcome.message, outcome.attempt) == (verdict, message, 1)
    assert outcome.wall_s < 20


@pytest.mark.parametrize(
    "test", ["assert f + 1 == 3", "x = {1: 2}\nassert x[f] == 2", "import math\nassert math.sqrt(f) == 2"]
)
def test_an_error_in_which_the_program_had_a_part_is_the_programs(pool: Pool, test: str) -> None:
    """Nothing was asked of it but what `f` is; an object that no test can compute with must not be a way out."""
    outcome = pool.judge(function(test, limits=TALK), "f = object()", "private")
    assert outcome.verdict.label is False, outcome


def test_a_handles_name_is_a_text(pool: Pool) -> None:
    problem = function("assert f(0) == 0", setup="unused = 1", limits=Limits(cpu_limit_s=10, memory_mib=96))
    forged = (
        FORGE
        + """say('{"loaded": true}')\nsay('{"value": {"handle": 0, "type": [[' + '{"":0},' * 999000 + '0]]}}')"""
        + "\ntime.sleep(5)"
    )
    assert pool.judge(problem, forged, "private").label is False


def test_a_handle_carries_nothing_that_could_fill_the_tests_memory(pool: Pool) -> None:
    """As a first answer it decides nothing, so what the tests spend on it would be called their own."""
    fat = (
        FORGE
        + """say('{"loaded": true}')\nsay('{"value": {"handle": 0, "type": "x", "junk": [' + '[],' * 900000 + '0]}}')"""
    )
    outcome = pool.judge(function("assert f(0) == 0", setup="unused = 1", limits=TALK), fat, "private")
    assert (outcome.verdict, outcome.message) == (Verdict.RUNTIME_ERROR, "malformed answer")


def test_a_failure_with_millions_of_parts_is_reported(pool: Pool) -> None:
    problem = function("def check(c): assert c(1) == [(0,)] * 1_100_000\ncheck(f)", limits=TALK)
    outcome = pool.judge(problem, "def f(x): return x", "private")
    assert outcome.verdict is Verdict.WRONG_ANSWER and outcome.wall_s < 20
    assert outcome.message.startswith("got 1, expected [(0,), (0,), (0,), ")


def test_tests_that_end_without_a_word_end_the_programs_run(pool: Pool) -> None:
    """Nobody asks it any more, and it has done nothing wrong."""
    problem = function("import os\nf(1)\nos._exit(0)", limits=TALK)
    began = time.monotonic()
    outcome = pool.judge(problem, "def f(x): return x", "private")
    assert outcome.verdict is Verdict.INFRASTRUCTURE_ERROR
    assert outcome.message == "the tests' own run ended without having been through: by exit (status 0)"
    assert time.monotonic() - began < 40


SLOW = replace(TALK, wall_limit_s=4)
SLEEPERS = [
    (TALK, "Timer(.5, os._exit, [3]).start()", Verdict.RUNTIME_ERROR, "the program ended itself with status 3"),
    (TALK, "Timer(.5, say, ['0' * (9 << 20)]).start()", Verdict.OUTPUT_LIMIT, "output limit: values of 8 MiB"),
    (SLOW, "pass", Verdict.TIME_LIMIT, "time limit: 4 s of wall time"),
]


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("transport", ["socket", pytest.param("stdio", marks=pytest.mark.slow)])
def test_a_program_whose_run_has_failed_ends_the_tests(transport: TransportName) -> None:
    """They sleep because it told them to, and ask nothing more."""
    with Pool(boxes=1, transport=transport) as pool:
        for limits, action, verdict, message in SLEEPERS:
            program = FORGE + f"from threading import Timer\ndef f(x):\n  {action}\n  return 1000"
            began = time.monotonic()
            outcome = pool.judge(function("import time\ntime.sleep(f(1))", limits=limits), program, "private")
            assert (outcome.verdict, outcome.message) == (verdict, message)
            assert time.monotonic() - began < 20


def test_a_program_that_only_waited_is_not_blamed(pool: Pool) -> None:
    problem = function("assert f(1) == 1", setup="import time\ntime.sleep(1000)", limits=SLOW)
    outcome = pool.judge(problem, "def f(x): return x", "private")
    assert (outcome.verdict, outcome.wall_s < 8) == (Verdict.UNJUDGED, True)
    assert outcome.message == BEFORE + "time limit: 4 s of wall time"
    problem = function("assert f(1) == 1", setup="import time\ntime.sleep(1.5)", limits=SLOW)
    outcome = pool.judge(problem, "import time\ntime.sleep(3.5)\ndef f(x): return x", "private")
    assert (outcome.verdict, outcome.message) == (Verdict.TIME_LIMIT, "time limit: 4 s of wall time")


RESTS = {
    "empty": "[[], 1]",
    "of one": "[[0], 1]",
    "of text": "[['a' * 5_000_000], 1]",
    "of itself": "[[{'cut': [[], 1]}], 1]",
}


@pytest.mark.parametrize("name", RESTS)
def test_a_value_without_an_end_is_refused(pool: Pool, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.judging.conversation.MAX_STEPS", 2000)
    program = FORGE + (
        "def f(x):\n  while True:\n    say(json.dumps({'value': {'cut': "
        + RESTS[name]
        + "}}))\n    os.read(4, 1 << 16)"
    )
    outcome = pool.judge(function("assert f(1) == 1", setup="unused = 1", limits=TALK), program, "private")
    assert (outcome.label, outcome.attempt) == (False, 1), outcome
    assert outcome.wall_s < 20


def test_an_expected_value_may_stand_on_the_left(pool: Pool) -> None:
    problem = function("def check(c):\n  assert [3, 6] == c(3)\ncheck(f)")
    assert pool.judge(problem, "def f(x): return x", "private").message == "got 3, expected [3, 6]"
    assert pool.judge(problem, "def f(x): return [x, 2 * x]", "private").accepted
