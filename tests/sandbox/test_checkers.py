"""Checkers of outputs where they run: by name on the host, a problem's own in a judge box."""

from dataclasses import replace

import pytest

from sandbox.judging import checking
from sandbox.pool.pool import Pool
from sandbox.problem import Limits, Problem
from sandbox.verdict import Verdict
from tests.sandbox.problems import QUICK, stdio

OTHER_DIGIT = """
def check(input, output, expected):
    a, b = map(int, input.split())
    return 0 <= int(output) <= 9 and int(output) != a + b
"""
DIGIT = stdio(("2 5\n", "2\n"), ("0 0\n", "9\n"), checker_source=OTHER_DIGIT)
RIGHT = "a, b = map(int, input().split())\nprint(9 if a + b < 9 else 0)"


def own(check: str, *tests: tuple[str, str], **fields: object) -> Problem:
    return stdio(
        *(tests or (("", "1\n"),)), checker_source=f"def check(input, output, expected):\n    {check}", **fields
    )


@pytest.mark.parametrize(
    ("checker", "program", "accepted"),
    [
        ("tokens", "print('Yes')", False),
        ("yesno", "print('Yes')", True),
        ("yesno", "print('No')", False),
        ("yesno", "print('YES')\nraise SystemExit(1)", False),
    ],
)
def test_a_checker_by_name(pool: Pool, checker: str, program: str, accepted: bool) -> None:
    outcome = pool.judge(stdio(("", "YES\n"), checker=checker), program, "private")
    assert outcome.accepted is accepted
    assert outcome.label is not None


def test_several_answers_are_right(pool: Pool) -> None:
    assert pool.judge(DIGIT, RIGHT, "private").accepted
    assert pool.judge(DIGIT, "print(7)", "private").message == "the checker rejects '7'"
    assert not pool.judge(replace(DIGIT, checker_source=""), RIGHT, "private").accepted


def test_a_reference_hides_no_checker_that_rejects_what_is_expected(pool: Pool) -> None:
    """Else whoever prints the expected output would have provoked it."""
    problem = own("return output.strip() == '3'", ("", "2\n"), reference="print(3)")
    for program in ("print(2)", "print(4)"):
        outcome = pool.judge(problem, program, "private")
        assert (outcome.verdict, outcome.reason) == (Verdict.UNJUDGED, "checker")


def test_programs_of_other_languages_are_checked_too(pool: Pool) -> None:
    problem = replace(DIGIT, language="javascript", limits=replace(QUICK, cpu_limit_s=10, wall_limit_s=60))
    assert pool.judge(problem, "console.log(9)", "private").verdict is Verdict.ACCEPTED
    assert pool.judge(problem, "console.log(7)", "private").verdict is Verdict.WRONG_ANSWER


ATTACKS = [
    ("print('x')", "the checker fails: ValueError: invalid literal for int() with base 10: 'x?'"),
    ("print('\\0')", "the checker fails: ValueError: invalid literal for int() with base 10: '?x00?n'"),
    ("print('True'); print('accepted')", "the checker fails: ValueError"),
    ("print('{\"right\": true}')", "the checker fails: ValueError"),
    ('print(\'__import__("os").write(3, b"{}")\')', "the checker fails: ValueError"),
    ("import sys; sys.stdout.buffer.write(b'1\\xff')", "the output is not UTF-8"),
    ("print('\\0' * (15 << 20))", "the checker fails: ValueError"),
    ("print('1' * (17 << 20))", "output limit: 16 MiB"),
    ("print()", "the checker fails: ValueError"),
    ("print('7')\nimport os\nos.write(3, b'\\0\\0\\0\\x0f{\"right\": true}')", "malformed answer"),
]


@pytest.mark.parametrize(("program", "message"), ATTACKS)
def test_what_an_output_provokes_is_the_programs(pool: Pool, program: str, message: str) -> None:
    """It breaks the checker here, and the expected output does not: rejected, and the next one is judged as ever."""
    outcome = pool.judge(DIGIT, program, "private")
    assert outcome.label is False
    if "ValueError: " not in message:
        assert outcome.message.startswith(message)
    assert outcome.message.startswith(message.partition(": invalid")[0])
    assert pool.judge(DIGIT, RIGHT, "private").accepted


def test_limits_that_an_output_leads_to_are_the_programs(pool: Pool) -> None:
    slow = own("return len(output) < 9 or all(True for _ in iter(int, 1))")
    assert pool.judge(slow, "print('x' * 9)", "private").message == "the checker fails: time limit: 10 s of CPU"
    large = own("return len(output) < 9 or bytearray(1 << 30) == 1")
    assert pool.judge(large, "print('x' * 9)", "private").message == "the checker fails: MemoryError"
    ends = own("return len(output) < 9 or __import__('os')._exit(0) == 1")
    assert pool.judge(ends, "print('x' * 9)", "private").message == "the checker fails: malformed answer"


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("return 3", "the checker fails: TypeError: check gave int, expected bool"),
        ("1 / 0", "the checker fails: ZeroDivisionError: division by zero"),
        ("return eval(output) == 1", "the checker fails: RuntimeError: a checker must not evaluate text"),
        ("exec(output)", "the checker fails: RuntimeError: a checker must not evaluate text"),
        ("raise SystemExit", "the checker fails: SystemExit"),
        ("return output != expected", "the checker rejects '1'"),
        ("return json.loads(output) == 1", "the checker fails: NameError"),
    ],
)
def test_what_a_checker_does_by_itself_is_unjudged(pool: Pool, check: str, said: str) -> None:
    outcome = pool.judge(own(check), "print(1)", "private")
    assert (outcome.verdict, outcome.label) == (Verdict.UNJUDGED, None)
    assert outcome.message.startswith(f"the checker does not accept the expected output: {said}")


def test_an_output_that_has_a_checker_wait_is_rejected(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends neither as infrastructure nor unjudged."""
    monkeypatch.setattr(checking, "CHECKER_LIMITS", Limits(cpu_limit_s=1, wall_limit_s=1))
    waits = own("import time\n    time.sleep(float(output))\n    return True", ("", "0\n"))
    waits = replace(waits, limits=replace(QUICK, wall_limit_s=1))
    outcome = pool.judge(waits, "print(100)", "private")
    assert (outcome.verdict, outcome.reason) == (Verdict.WRONG_ANSWER, "checker")
    assert outcome.message == "the checker fails: time limit: 1 s of wall time"
    assert pool.judge(waits, "print(0)", "private").accepted


def test_a_checker_sees_texts_and_nothing_of_an_earlier_run(pool: Pool) -> None:
    seen = "open('/tmp/mark', 'x'); return (input, output, expected) == ('1\\n', 'é \\0\\n', '2')"
    problem = own(seen, ("1\n", "2"))
    for _ in range(2):
        assert pool.judge(problem, "print('é \\0')", "private").accepted


def test_a_checker_may_have_helpers(pool: Pool) -> None:
    source = """
from __future__ import annotations
import random
from dataclasses import dataclass

@dataclass
class Edge:
    a: int
    b: int

def edges(text: str) -> list[Edge]:
    return [Edge(*map(int, line.split())) for line in text.splitlines()]

def check(input, output, expected):
    return random.random() > 2 or {min(e.a, e.b) for e in edges(output)} == {1}

if __name__ == "__main__":
    raise SystemExit(1)
"""
    assert pool.judge(stdio(("", "1 2\n"), checker_source=source), "print(3, 1)", "private").accepted
