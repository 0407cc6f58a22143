"""JavaScript's judge box in real boxes: every shape of test is judged, no cheat accepted, nobody blamed wrongly."""

import json

import pytest

from sandbox.pool.pool import Pool
from sandbox.problem import FunctionTest, Limits, Problem
from sandbox.problems.load import load_problems
from sandbox.problems.published.humanevalpack import SOURCE
from sandbox.verdict import Outcome, Verdict
from tests.sandbox import javascript_suites as suites
from tests.sandbox.test_javascript import SEARCH

LIMITS = Limits(cpu_limit_s=1.0, wall_limit_s=4.0, memory_mib=256)
RIGHT = suites.DOUBLE
PROBLEM_TEST = "const two = 2; assert.equal(f(two), 4)"


def judge(boxes: Pool, program: str, *tests: str, limits: Limits = LIMITS, **fields: object) -> Outcome:
    private = tuple(FunctionTest(test) for test in tests)
    problem = Problem(problem_id="t", prompt="", language="javascript", private_tests=private, limits=limits, **fields)  # type: ignore[arg-type]
    return boxes.judge(problem, program, "private", stop_at_first_failure=False)


@pytest.mark.parametrize("name", suites.ACCEPTED)
def test_what_tests_say(javascript_boxes: Pool, name: str) -> None:
    program, tests = suites.ACCEPTED[name]
    outcome = judge(javascript_boxes, program, *tests)
    assert [(test.verdict, test.message) for test in outcome.tests] == [(Verdict.ACCEPTED, "")] * len(tests)


@pytest.mark.parametrize("name", suites.REJECTED)
def test_what_is_rejected(javascript_boxes: Pool, name: str) -> None:
    program, test, verdict, message = suites.REJECTED[name]
    outcome = judge(javascript_boxes, program, test)
    assert outcome.verdict is verdict, outcome
    assert outcome.message.startswith(message), outcome.message
    assert judge(javascript_boxes, f"{RIGHT} // after {name}", PROBLEM_TEST).accepted


@pytest.mark.parametrize("message", suites.FORGED)
def test_forged_answers_are_the_programs_fault(javascript_boxes: Pool, message: str) -> None:
    program = f"{suites.FRAME}const f = () => {{ say({json.dumps(message)}); process.exit(0) }}"
    if message == '{"value":4}':  # that one is an answer
        return
    outcome = judge(javascript_boxes, program, "const x = 3; assert.deepEqual(f(x), { f: 1 })", PROBLEM_TEST)
    assert outcome.label is False, outcome


def test_more_answers_than_questions_are_rejected(javascript_boxes: Pool) -> None:
    program = f"{suites.FRAME}const f = () => {{ say('{{\"value\":4}}'); return 4 }}"
    assert judge(javascript_boxes, program, PROBLEM_TEST).label is False


@pytest.mark.parametrize(
    ("program", "verdict"),
    [
        ("const f = () => { for (;;); }", Verdict.TIME_LIMIT),
        ("const f = (x) => ({ get a () { for (;;); } })", Verdict.TIME_LIMIT),
        ("const f = () => 'x'.repeat(1 << 24)", Verdict.OUTPUT_LIMIT),
        (f"{suites.FRAME}const f = () => {{ for (;;) fs.writeSync(3, 'x'.repeat(65536)) }}", Verdict.OUTPUT_LIMIT),
        ("const f = (x) => { const a = []; for (;;) a.push(new Array(1e4).fill(1.5)) }", Verdict.MEMORY_LIMIT),
        ("const f = () => new Promise(() => {})", Verdict.WRONG_ANSWER),
    ],
)
def test_limits_hold(javascript_boxes: Pool, program: str, verdict: Verdict) -> None:
    assert judge(javascript_boxes, program, PROBLEM_TEST).verdict is verdict


@pytest.mark.slow
def test_a_function_of_the_tests_that_is_called_for_ever_is_the_programs_fault(javascript_boxes: Pool) -> None:
    outcome = judge(javascript_boxes, "const f = (g) => { for (;;) g(1) }", "const x = f((y) => y)")
    assert outcome.verdict is Verdict.TIME_LIMIT


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ("class A {}\nassert.equal(f(new A()), 4)", "a value of the tests (A) cannot be passed to the program"),
        ("class A {}\ntry { f(new A()) } catch {}", "a value of the tests (A) cannot be passed to the program"),
        ("assert.throws(() => f(Promise.resolve(1)))", "a value of the tests (Promise) cannot be passed"),
        ("const a = ; f(2)", "it does not compile (SyntaxError: Unexpected token ';')"),
    ],
)
def test_what_cannot_be_judged_is_no_verdict(javascript_boxes: Pool, test: str, message: str) -> None:
    outcome = judge(javascript_boxes, RIGHT, test)
    assert outcome.verdict is Verdict.UNJUDGED and message in outcome.message, outcome


@pytest.mark.parametrize("test", ["assert.equal(1, 1); const q = 2", "throw new Error('own')", "for (;;);"])
def test_tests_that_fail_by_themselves_or_ask_nothing_are_no_verdict(javascript_boxes: Pool, test: str) -> None:
    limits = Limits(cpu_limit_s=1.0, wall_limit_s=4.0, memory_mib=256)
    assert judge(javascript_boxes, RIGHT, test, limits=limits).label is None


def test_set_up_code_and_preamble_are_the_tests_own(javascript_boxes: Pool) -> None:
    trusted = {
        "preamble": "const helper = (x) => x + 1",
        "setup": "const wanted = helper(3)\nfunction twice (g) { g(); g() }",
    }
    tests = ("assert.equal(f(2), wanted)", "let n = 0; twice(() => { n += f(1) }); assert.equal(n, 4)")
    assert judge(javascript_boxes, RIGHT, *tests, **trusted).accepted
    cheat = "const helper = () => 0, wanted = 0, twice = () => {}\nconst f = () => 0"
    assert judge(javascript_boxes, cheat, *tests, **trusted).message == "got 0, expected 4"


def test_a_tolerance_holds_in_a_judge_box(javascript_boxes: Pool) -> None:
    program = "const f = (x) => ({ a: [x + 1e-8, -0], m: new Map([[1, x + 1e-8]]), s: new Set([x + 1e-8]) })"
    test = "const x = 2; assert.deepStrictEqual(f(x), { a: [2, 0], m: new Map([[1, 2]]), s: new Set([2]) })"
    assert judge(javascript_boxes, program, test, float_tol=1e-6).accepted
    assert judge(javascript_boxes, program, test).label is False
    assert judge(javascript_boxes, program, test.replace("[2, 0]", "[3, 0]"), float_tol=1e-6).label is False


def test_the_tests_and_what_they_expect_are_nowhere_in_the_programs_box(javascript_boxes: Pool) -> None:
    secret = "73645546372819182"
    program = f"const FLIPPED = {[byte ^ 1 for byte in secret.encode()]}\n{SEARCH}"
    limits = Limits(cpu_limit_s=10, wall_limit_s=30, memory_mib=1024)
    test = f"const secret = '{secret}'; assert.deepStrictEqual(f('other'), secret)"
    found = judge(javascript_boxes, program, test, limits=limits)
    assert found.message == f'got ["main.js", false], expected "{secret}"'
    control = judge(javascript_boxes, program, test.replace("'other'", "secret"), limits=limits)
    assert control.message == f'got ["main.js", true], expected "{secret}"'


SOME = ("JavaScript/2", "JavaScript/32", "JavaScript/44", "JavaScript/50", "JavaScript/71", "JavaScript/112")
"""Loops, helpers in the prompt, set-up in the tests, a text that equals a number."""


def references_and_bugs(boxes: Pool, names: tuple[str, ...] | None) -> tuple[list[str], list[str]]:
    """Problems whose reference is not accepted, and those whose buggy solution is not rejected."""
    problems = {problem.problem_id: problem for problem in load_problems("humanevalpack_js")}
    buggy = {row.text("task_id"): row.text("prompt") + row.text("buggy_solution") for row in SOURCE.rows()}
    chosen = [problems[name] for name in names or problems]
    right = [boxes.submit(problem, problem.reference or "", "private") for problem in chosen]
    wrong = [boxes.submit(problem, buggy[problem.problem_id], "private") for problem in chosen]
    ids = [problem.problem_id for problem in chosen]
    return (
        [name for name, future in zip(ids, right, strict=True) if not future.result(600).accepted],
        [name for name, future in zip(ids, wrong, strict=True) if future.result(600).label is not False],
    )


def test_some_of_humanevalpack(javascript_boxes: Pool, data: None) -> None:
    assert references_and_bugs(javascript_boxes, SOME) == ([], [])


@pytest.mark.slow
def test_all_of_humanevalpack(javascript_boxes: Pool, data: None) -> None:
    """163 of its 164: number 162 needs a package that boxes lack. Four loop for ever, until their time is over."""
    assert references_and_bugs(javascript_boxes, None) == ([], [])
