"""JavaScript in real boxes: no cheat is accepted, hostile programs hurt nobody, honest ones are accepted."""

import json
import subprocess
from pathlib import Path

import pytest

from sandbox import languages
from sandbox.commands.check import check_samples
from sandbox.image.build import ensure_image
from sandbox.pool.pool import Pool
from sandbox.problem import FunctionTest, Limits, Problem, StdioTest
from sandbox.verdict import Verdict
from tests.sandbox import javascript_programs as programs
from tests.sandbox.problems import function

LIMITS = Limits(cpu_limit_s=1.0, wall_limit_s=4.0, memory_mib=256)
RIGHT = "const f = (x) => [x, 2 * x]"
REJECTED = set(Verdict) - {Verdict.ACCEPTED, Verdict.UNJUDGED, Verdict.INFRASTRUCTURE_ERROR}


def javascript(*tests: str, limits: Limits = LIMITS, **fields: object) -> Problem:
    private = tuple(FunctionTest(test) for test in tests)
    return Problem(problem_id="t", prompt="", language="javascript", private_tests=private, limits=limits, **fields)  # type: ignore[arg-type]


def stdio(*cases: tuple[str, str]) -> Problem:
    private = tuple(StdioTest(*case) for case in cases)
    return Problem(problem_id="t", prompt="", language="javascript", io="stdio", private_tests=private, limits=LIMITS)


STRICT = ("assert.deepStrictEqual(f(3), [3, 6])", "assert.deepStrictEqual(f(5), [5, 10])")
JSON = tuple(f"assert(JSON.stringify(f({x})) === JSON.stringify([{x}, {2 * x}]))" for x in (3, 5))
PROBLEM, BY_JSON = javascript(*STRICT), javascript(*JSON)
AWAITING = javascript(*(test.replace("f(", "await f(") for test in STRICT))
SUM = stdio(("1 2\n", "3\n"), ("4 5\n6\n", "15\n"))


@pytest.fixture(scope="session")
def boxes(javascript_boxes: Pool) -> Pool:
    return javascript_boxes


@pytest.mark.parametrize("name", programs.CHEATS)
@pytest.mark.parametrize("problem", [PROBLEM, BY_JSON], ids=["values", "JSON"])
def test_a_cheat_is_rejected(boxes: Pool, problem: Problem, name: str) -> None:
    outcome = boxes.judge(problem, programs.CHEATS[name][1], "private")
    assert outcome.verdict in REJECTED, outcome
    assert boxes.judge(problem, f"{RIGHT} // after {name}", "private").accepted


@pytest.mark.slow
@pytest.mark.parametrize("name", programs.CHEATS)
def test_a_naive_judge_accepts_it(node: None, name: str) -> None:
    """Program and assertions in one process. Otherwise the row above proves nothing."""
    falls_for, program = programs.CHEATS[name]
    tests = "\n".join(JSON if falls_for == "json" else STRICT)
    suite = (
        f"function test () {{\nconst assert = require('assert')\n{tests}\n}}\ntest()\nconsole.log('ALL TESTS PASSED')"
    )
    command = ["docker", "run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", "--tmpfs", "/tmp"]
    command += [ensure_image(language=languages.get_language("javascript")), "node", "-e", f"{program}\n{suite}"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ("ALL TESTS PASSED" in run.stdout) if falls_for == "marker" else run.returncode == 0, run


@pytest.mark.parametrize("name", programs.HOSTILE)
def test_a_hostile_program_is_contained(boxes: Pool, name: str) -> None:
    allowed, program = programs.HOSTILE[name]
    outcome = boxes.judge(PROBLEM, program, "private")
    assert outcome.verdict in allowed, outcome
    assert boxes.judge(PROBLEM, f"{RIGHT} // after {name}", "private").accepted


@pytest.mark.parametrize("name", programs.HOSTILE_STDIO)
def test_a_hostile_program_with_streams_is_contained(boxes: Pool, name: str) -> None:
    allowed, program = programs.HOSTILE_STDIO[name]
    outcome = boxes.judge(SUM, program, "private")
    assert outcome.verdict in allowed, outcome
    assert boxes.judge(PROBLEM, f"{RIGHT} // after {name}", "private").accepted


@pytest.mark.parametrize("name", programs.HONEST)
def test_an_honest_program_is_accepted(boxes: Pool, name: str) -> None:
    problem = AWAITING if name == programs.AWAITED else PROBLEM
    outcome = boxes.judge(problem, programs.HONEST[name], "private")
    assert outcome.accepted, outcome


@pytest.mark.parametrize("name", programs.HONEST_STDIO)
def test_an_honest_program_with_streams_is_accepted(boxes: Pool, name: str) -> None:
    outcome = boxes.judge(SUM, programs.HONEST_STDIO[name], "private")
    assert outcome.accepted, outcome


@pytest.mark.parametrize(
    "program",
    [
        "console.log('x'.repeat(5e6)); process.exit(0)",
        "for (let n = 0; n < 5e4; n++) console.log('x'.repeat(99)); process.exit(0)",
        "process.stdout.write('x'.repeat(5e6))",
        "require('fs').writeSync(1, 'x'.repeat(60000)); process.stdout.write('x'.repeat(4940000))",
    ],
)
def test_large_output_is_whole_at_exit(boxes: Pool, program: str) -> None:
    lines = "\n".join(["x" * 99] * 50_000) if "99" in program else "x" * 5_000_000
    outcome = boxes.judge(stdio(("", lines)), program, "private")
    assert outcome.accepted, outcome.message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("[1, 'a', null, undefined, true]", 'got [1, "a", null, undefined, true]'),
        ("-0", "got -0"),
        ("[0.1 + 0.2, 1e21, NaN, -Infinity]", "got [0.30000000000000004, 1e+21, NaN, -Infinity]"),
        ("10n ** 20n", "got 100000000000000000000n"),
        ("new Map([[1, new Set(['a'])]])", 'got new Map([[1, new Set(["a"])]])'),
        ("new Uint8Array([1, 300])", "got new Uint8Array([1, 44])"),
        ("new Date(5)", "got new Date(5)"),
        ("[1,, 3]", "got [1, <empty>, 3]"),
        ("'\\ud83d\\ude00 \\ud83d'", 'got "😀 ?"'),
        ("({ b: { 'c d': 1 }, 2: 'x' })", 'got {2: "x", b: {"c d": 1}}'),
        ("new (class Point { constructor () { this.x = 1 } })()", "got Point {x: 1}"),
        ("Object.create(null)", "got null prototype {}"),
        ("/a/", "got <RegExp>"),
        ("Object(1)", "got <Number>"),
        ("Promise.resolve(0)", "got <Promise>"),
        ("new Proxy([], {})", "got <Proxy>"),
        ("'a'.match(/a/)", "got <Array with properties>"),
        ("new (class Stack extends Array {})()", "got <Stack>"),
        ("() => 1", "got <function>"),
        ("Symbol('a')", "got <symbol>"),
        ("(() => { let a = []; for (let n = 0; n < 300; n++) a = [a]; return a })()", "got [[[[[[[["),
        ("({ get a () { return 1 } })", "got {a: 1}"),
        ("({ [Symbol('a')]: 1 })", "got <Object>"),
    ],
)
def test_values_come_out_as_they_are(boxes: Pool, value: str, message: str) -> None:
    outcome = boxes.judge(javascript("assert.strictEqual(f(), 'other')"), f"const f = () => {value}", "private")
    assert outcome.verdict is Verdict.WRONG_ANSWER
    assert outcome.message.startswith(message), outcome.message


@pytest.mark.parametrize(
    ("program", "verdict", "message"),
    [
        ("const f = (x => x", Verdict.COMPILE_ERROR, "SyntaxError: "),
        ("function f () { await 1 }", Verdict.COMPILE_ERROR, "SyntaxError: await is only valid"),
        ("import x from 'fs'\nlet f = (", Verdict.COMPILE_ERROR, "SyntaxError: "),
        ("import x from 'left-pad'", Verdict.RUNTIME_ERROR, "Error: Cannot find package 'left-pad'"),
        ("export const f = 1\nnull.x", Verdict.RUNTIME_ERROR, "TypeError: Cannot read properties of null"),
        ("const f = (x) => JSON.parse('{')", Verdict.RUNTIME_ERROR, "SyntaxError: "),
        ("null.x", Verdict.RUNTIME_ERROR, "TypeError: Cannot read properties of null (reading 'x')"),
        ("const f = () => { throw 'text' }", Verdict.RUNTIME_ERROR, "Uncaught: text"),
        ("const g = 1", Verdict.RUNTIME_ERROR, "ReferenceError: f is not defined"),
        ("require('left-pad')", Verdict.RUNTIME_ERROR, "Error: Cannot find module 'left-pad'"),
        ("process.exit(0)", Verdict.RUNTIME_ERROR, "the program ended itself before it had answered"),
        ("process.exit(7)", Verdict.RUNTIME_ERROR, "the program ended itself with status 7"),
        ("const f = (x) => [x, 2]", Verdict.WRONG_ANSWER, "got [3, 2], expected [3, 6]"),
    ],
)
def test_failures_say_what_they_are(boxes: Pool, program: str, verdict: Verdict, message: str) -> None:
    outcome = boxes.judge(PROBLEM, program, "private", stop_at_first_failure=False)
    assert outcome.verdict is verdict
    assert outcome.message.startswith(message), outcome.message


def test_promises_count_only_where_the_test_awaits_them(boxes: Pool) -> None:
    asynchronous = "const f = async (x) => [x, 2 * x]"
    assert boxes.judge(AWAITING, asynchronous, "private").accepted
    assert boxes.judge(AWAITING, RIGHT, "private").accepted
    assert (
        boxes.judge(PROBLEM, asynchronous, "private", stop_at_first_failure=False).message
        == "got <Promise>, expected [3, 6]"
    )
    never = boxes.judge(AWAITING, "const f = () => new Promise(() => {})", "private")
    assert never.message == "the program ended itself before it had answered"
    endless = boxes.judge(AWAITING, "setInterval(() => {}, 9); const f = () => new Promise(() => {})", "private")
    assert endless.verdict is Verdict.TIME_LIMIT
    thrown = boxes.judge(
        AWAITING,
        "const f = async () => { setTimeout(() => { throw new TypeError('t') }); await new Promise(() => {}) }",
        "private",
    )
    assert thrown.message == "TypeError: t"


def test_a_preamble_is_there_before_the_program_and_its_tests_do_not_reach_it(boxes: Pool) -> None:
    problem = javascript("assert.equal(f(2), 5)", preamble="const helper = (x) => 2 * x", entry_point="f")
    assert boxes.judge(problem, "const f = (x) => helper(x) + 1", "private").accepted
    assert boxes.judge(problem, "const helper = (x) => x + 2; const f = (x) => helper(x) + 1", "private").accepted


@pytest.mark.parametrize(
    "preamble", ["throw new Error('x')", "import fs from 'fs'", "const fs = require('nosuch')", "process.exit(3)"]
)
def test_a_preamble_that_fails_is_no_verdict(boxes: Pool, preamble: str) -> None:
    outcome = boxes.judge(javascript("assert.equal(f(2), 5)", preamble=preamble, entry_point="f"), RIGHT, "private")
    assert outcome.label is None and outcome.message.startswith("the problem's own preamble fails"), outcome


SEARCH = """
const fs = require('fs')
const holds = (data, size) => {
  for (let at = 0; at < size; at++) {
    let n = 0
    while (n < FLIPPED.length && data[at + n] === (FLIPPED[n] ^ 1)) n++
    if (n === FLIPPED.length) return true
  }
  return false
}
function f () {
  const found = fs.readdirSync('/proc').filter((p) => /^\\d+$/.test(p) && p !== '1' && p !== String(process.pid))
  for (const folder of ['/tmp', '/run', '/var/tmp', '/ctl', '/dev/shm']) {
    if (fs.existsSync(folder)) found.push(...fs.readdirSync(folder))
  }
  const memory = fs.openSync('/proc/self/mem', 'r')
  let hit = false
  for (const line of fs.readFileSync('/proc/self/maps', 'utf8').split('\\n')) {
    const [range, rights] = line.split(' ')
    if (!rights || !rights.startsWith('rw')) continue
    const [low, high] = range.split('-').map((part) => parseInt(part, 16))
    if (high - low > 64 << 20) continue
    const data = Buffer.alloc(high - low)
    try { hit ||= holds(data, fs.readSync(memory, data, 0, high - low, low)) } catch {}
  }
  return [found.join(), hit]
}
"""
"""Looks for processes, files and bytes. It knows them with every lowest bit flipped, so as not to find itself."""


def test_the_expected_value_is_nowhere_in_the_box(boxes: Pool) -> None:
    """The control sees it among the arguments."""
    secret = "91827364554637281"
    program = f"const FLIPPED = {[byte ^ 1 for byte in secret.encode()]}\n{SEARCH}"
    limits = Limits(cpu_limit_s=10, wall_limit_s=30, memory_mib=1024)
    problem = javascript(f"assert.deepStrictEqual(f('other'), '{secret}')", limits=limits)
    assert boxes.judge(problem, program, "private").message == f'got ["main.js", false], expected "{secret}"'
    control = javascript(f"assert.deepStrictEqual(f('{secret}'), 0)", limits=limits)
    assert boxes.judge(control, program, "private").message == 'got ["main.js", true], expected 0'


def test_one_pool_judges_two_languages(boxes: Pool) -> None:
    python = function("assert f(3) == [3, 6]")
    for _ in range(3):
        assert boxes.judge(python, "def f(x): return [x, 2 * x]", "private").accepted
        assert boxes.judge(PROBLEM, RIGHT, "private").accepted
        assert boxes.judge(python, RIGHT, "private").verdict is Verdict.COMPILE_ERROR
        assert boxes.judge(PROBLEM, "def f(x): return [x, 2 * x]", "private").verdict is Verdict.COMPILE_ERROR


MULTIPL_E = """
const assert = require('node:assert');
function test() {
  let candidate = f;
  assert.deepEqual(candidate(3),[3, 6]);
  assert.deepEqual(candidate(5),[5, 10]);
}
test();
"""


def test_check_judges_a_file_of_javascript_problems(node: None, tmp_path: Path) -> None:
    rows = [
        {"task_id": "calls", "prompt": "", "language": "javascript", "private_tests": [MULTIPL_E], "reference": RIGHT},
        {
            "task_id": "sum",
            "prompt": "",
            "language": "javascript",
            "io": "stdio",
            "private_tests": [{"input": "1 2", "output": "3"}],
            "reference": programs.HONEST_STDIO["readline"],
        },
        {"task_id": "python", "prompt": "", "private_tests": ["assert f(1) == 2"], "reference": "def f(x): return 2"},
    ]
    problems, samples, out = tmp_path / "problems.jsonl", tmp_path / "samples.jsonl", tmp_path / "out.jsonl"
    problems.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert check_samples(str(problems), "reference", out, as_json=False, boxes=1) == 0
    assert [json.loads(line)["verdict"] for line in out.read_text().splitlines()] == ["accepted"] * 3
    wrong = [
        {"task_id": "calls", "solution": "const f = (x) => [x, 6]"},
        {"task_id": "sum", "solution": "console.log(4)"},
    ]
    samples.write_text("".join(json.dumps(row) + "\n" for row in wrong))
    assert check_samples(str(problems), str(samples), out, as_json=False, boxes=1) == 0
    assert [json.loads(line)["message"] for line in out.read_text().splitlines()] == [
        "got [5, 6], expected [5, 10]",
        "line 1: got '4', expected '3'",
    ]
