"""C++ in real boxes: honest programs are accepted, hostile ones and bombs for the compiler are contained."""

import os
import re
from collections.abc import Iterator

import pytest

from sandbox import languages
from sandbox.errors import SandboxUnavailable
from sandbox.image.build import ensure_image
from sandbox.judging import judge
from sandbox.pool.pool import Pool
from sandbox.problem import Limits, Problem, StdioTest
from sandbox.verdict import Verdict
from tests.sandbox import cpp_programs as programs

LIMITS = Limits(cpu_limit_s=1.0, wall_limit_s=4.0, memory_mib=256)
CASES = (StdioTest("1 2\n", "3\n"), StdioTest("4 5\n6\n", "15\n"))
BRIEF = ("a file of the box", "itself", "deep templates", "no main")
"""Bombs that end at once."""
SLOW = ("everything", "wide templates", "macros", "a random file", "a huge executable", "a machine's file")


def sums(language: str = "cpp", cases: tuple[StdioTest, ...] = CASES) -> Problem:
    return Problem(problem_id="t", prompt="", language=language, io="stdio", private_tests=cases, limits=LIMITS)


@pytest.fixture(scope="session")
def boxes(engine: None) -> Iterator[Pool]:
    """Where the image cannot be built: skipped on a laptop, a failure in CI."""
    try:
        ensure_image(language=languages.get_language("cpp"))
    except SandboxUnavailable as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
    with Pool(boxes=1, languages=("cpp",), cached=False) as pool:
        yield pool


def some(names: dict[str, object] | dict[str, str], quick: int) -> list[object]:
    """All names; those after the first `quick` ones, and slow ones, only in `make test-all`."""
    slow = [name in SLOW or place >= quick for place, name in enumerate(names)]
    return [pytest.param(name, marks=[pytest.mark.slow] * late) for name, late in zip(names, slow, strict=True)]


@pytest.mark.parametrize("name", some(programs.STYLES, 5))
def test_an_honest_program_is_accepted(boxes: Pool, name: str) -> None:
    outcome = boxes.judge(sums(), programs.STYLES[name], "private")
    assert outcome.accepted, outcome


@pytest.mark.parametrize("name", some(dict(programs.HOSTILE), 8))
def test_a_hostile_program_is_contained(boxes: Pool, name: str) -> None:
    allowed, program = programs.HOSTILE[name]
    outcome = boxes.judge(sums(), program, "private")
    assert outcome.verdict in allowed, outcome
    assert boxes.judge(sums(), programs.RIGHT, "private").accepted


@pytest.mark.parametrize("name", some(dict(programs.BOMBS), 5))
def test_a_bomb_for_the_compiler_is_a_compile_error(boxes: Pool, name: str) -> None:
    allowed, program = programs.BOMBS[name]
    outcome = boxes.judge(sums("tests.sandbox.cpp_programs:QUICK"), program, "private")
    assert outcome.verdict in allowed, outcome
    assert boxes.judge(sums(), programs.RIGHT, "private").accepted


def test_a_compiler_says_what_is_wrong(boxes: Pool) -> None:
    outcome = boxes.judge(sums(), "#include <iostream>\nint main () {\n  std::cout << y;\n}", "private")
    assert outcome.verdict is Verdict.COMPILE_ERROR
    assert re.search(r"main\.cpp:3:16: error: .y. was not declared in this scope", outcome.message)


def test_a_program_is_compiled_once_for_all_its_suites(boxes: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    real = judge._compile
    monkeypatch.setattr(judge, "_compile", lambda *given: made.append(given[1]) or real(*given))
    program = f"{programs.RIGHT} // once"
    for number in range(3):
        case = (StdioTest(f"{number} 1\n", f"{number + 1}\n"),)
        assert boxes.judge(sums(cases=case), program, "private").accepted
        wrong = boxes.judge(sums(cases=case), "int main () { return x; } // once", "private")
        assert wrong.verdict is Verdict.COMPILE_ERROR
    assert len(made) == 2
