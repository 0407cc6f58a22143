"""The seam: a further language is one small file, and a compiler is just another untrusted program."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import SandboxUnavailable
from sandbox.image import layer
from sandbox.judging.plan import make_plan
from sandbox.languages import LANGUAGES, JudgeBox, Language
from sandbox.pool.pool import Pool
from sandbox.problem import FunctionTest, Limits, Problem, StdioTest
from sandbox.verdict import Verdict

PYTHON = ("/usr/local/bin/python3", "-I", "-S")
LIMITS = Limits(cpu_limit_s=1, wall_limit_s=5, memory_mib=128)
COMPILER = """
import sys, time
lines = open(sys.argv[1]).read().splitlines()
if 'loop' in lines:
    while True: pass
if 'hoard' in lines:
    kept = bytearray(1 << 30)
if 'look' in lines:
    import os
    print(os.listdir('/tmp'), os.environ.get('SECRET'), file=sys.stderr)
    sys.exit(1)
if 'nothing' in lines: sys.exit(0)
wrong = [line for line in lines if not line.startswith('say ')]
if wrong: sys.exit(f'not understood: {wrong[0]}')
open('/tmp/main', 'w').write('\\n'.join(f'print({line[4:]!r})' for line in lines))
"""
SAY = Language(
    name="say",
    title="Say",
    fences=("say",),
    suffix=".say",
    compile=(*PYTHON, "-c", COMPILER, "{program}"),
    compile_limits=Limits(cpu_limit_s=1, wall_limit_s=5, memory_mib=128),
    run=(*PYTHON, "{program}"),
)
"""A line of its programs is `say TEXT`. Its compiler makes Python of that."""
RIGHT = "say one\nsay two"
LOADER = "/lib64/ld-linux-x86-64.so.2"
NATIVE = Language(
    name="native",
    title="Native",
    fences=(),
    suffix=".txt",
    compile=(*PYTHON, "-c", f"import shutil; shutil.copy('{LOADER}', '/tmp/main')"),
    run=("{program}", *PYTHON, "-c", "print('native')"),
)
"""What its compiler makes is machine code: the loader of programs, which then loads one."""


def whole_number(tree: Any) -> None:
    if type(tree) is not int:
        raise ValueError("no number")


RUNNER = Path(__file__).with_name("sums_runner.py")
OWN = "/opt/box/sandbox/languages/sums_runner.py"
SUMS = Language(
    name="sums",
    title="Sums",
    fences=(),
    suffix=".sums",
    run=(*PYTHON, OWN, "program"),
    judge_box=JudgeBox(command=(*PYTHON, OWN, "tests"), check_tree=whole_number, show_tree=str),
    guest_files=(RUNNER,),
)
"""A language of another package, with a runner and a judge box of its own."""


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch) -> None:
    for language in (SAY, NATIVE, SUMS):
        monkeypatch.setitem(LANGUAGES._shipped, language.name, language)


@pytest.fixture
def boxes(engine: None, say: None) -> Iterator[Pool]:
    with Pool(boxes=1, cached=False) as pool:
        yield pool


def stdio(language: str, *cases: tuple[str, str], **fields: Any) -> Problem:
    tests = tuple(StdioTest(*case) for case in cases)
    fields = {"limits": LIMITS, **fields}
    return Problem(problem_id="t", prompt="", language=language, io="stdio", private_tests=tests, **fields)


def test_a_compiled_language(boxes: Pool) -> None:
    problem = stdio("say", ("", "one\ntwo"), ("x", "one\ntwo"))
    accepted = boxes.judge(problem, "say one\nsay two", "private")
    assert accepted.accepted and len(accepted.tests) == 2
    assert boxes.judge(problem, "say one", "private").message == "line 2 is missing, expected 'two'"
    compiler_fails = {
        "cry": "CompileError: not understood: cry",
        "loop": "time limit: 1 s of CPU",
        "hoard": "CompileError: Traceback (most recent call last):",
        "look": "CompileError: ['errors.txt', 'main.say'] None",
        "nothing": "CompileError",
    }
    for program, message in compiler_fails.items():
        outcome = boxes.judge(problem, program, "private")
        assert outcome.verdict is Verdict.COMPILE_ERROR, outcome
        assert outcome.message.startswith(message), outcome.message
        assert boxes.judge(problem, RIGHT, "private").accepted


@pytest.mark.skipif(not Path(LOADER).exists(), reason="the loader of another machine")
def test_machine_code_runs_though_tmp_may_not_execute(boxes: Pool) -> None:
    assert boxes.judge(stdio("native", ("", "native")), "anything", "private").message == ""


def test_a_package_brings_a_runner_and_a_judge_box(boxes: Pool) -> None:
    tests = (FunctionTest("a == 3"), FunctionTest("b == 15"))
    problem = Problem(problem_id="t", prompt="", language="sums", private_tests=tests, limits=LIMITS)
    assert boxes.judge(problem, "a = 1 + 2\nb = 4 + 5 + 6", "private").accepted
    assert boxes.judge(problem, "a = 1 + 2\nb = 4 + 5", "private").message == "got 9, expected 15"
    assert boxes.judge(problem, "a = 1 + 2", "private").message == "Unknown: b"


def test_a_language_without_function_problems_says_so(say: None) -> None:
    problem = Problem(problem_id="t", prompt="", language="say", private_tests=(FunctionTest("f(1) is 2"),))
    with pytest.raises(ValueError, match="Say has no function problems here, only programs of standard input"):
        make_plan(problem, "private")


def from_the_readme() -> Language:
    """The language that the section on adding one shows."""
    text = (Path(__file__).parents[2] / "sandbox/README.md").read_text().partition("### Adding a language")[2]
    names: dict[str, Any] = {}
    exec(re.findall(r"```python\n(.*?)```", text, re.DOTALL)[0], names)
    return names["LANGUAGE"]  # type: ignore[no-any-return]


@pytest.mark.skipif(not shutil.which("perl"), reason="no Perl here: apt-get install perl-base")
def test_the_readmes_example_is_all_that_a_language_needs(engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    perl = from_the_readme()
    monkeypatch.setitem(LANGUAGES._shipped, perl.name, perl)
    problem = stdio("perl", ("1 2\n", "3\n"), ("4 5\n", "9\n"))
    with Pool(boxes=1, languages=("perl",)) as pool:
        assert pool.judge(problem, "my ($a, $b) = split ' ', <STDIN>; print $a + $b, qq{\\n};", "private").message == ""
        assert pool.judge(problem, "print 3", "private").message == "line 1: got '3', expected '9'"
        assert pool.judge(problem, "use strict; $x = 1;", "private").verdict is Verdict.RUNTIME_ERROR
        assert pool.judge(problem, "1 while 1", "private").verdict is Verdict.TIME_LIMIT
        assert pool.judge(problem, "my @a; push @a, 'x' x 1000 while 1", "private").verdict in (
            Verdict.MEMORY_LIMIT,
            Verdict.RUNTIME_ERROR,  # Perl says "Out of memory!" and ends itself with status 1
        )


@pytest.mark.skipif(not shutil.which("perl"), reason="no Perl here: apt-get install perl-base")
def test_the_recipe_for_packages_copies_programs_folders_and_libraries(tmp_path: Path) -> None:
    """Its shell script, run here on what is installed here instead of in a build stage."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(shutil.which("perl") or "")
    out = tmp_path / "out"
    recipe = layer.FROM_PACKAGES.format(registry="registry", base="base", packages="", files=f"perl {folder} /absent")
    script = recipe.partition("RUN mkdir")[2].partition("FROM base")[0].replace("/out", str(out))
    subprocess.run(["sh", "-ec", f"mkdir{script}"], check=True, capture_output=True, timeout=60)
    copied = out / str(folder).lstrip("/") / "link"
    assert copied.is_file() and not copied.is_symlink()
    (libraries,) = {path.parent for path in out.rglob("libc.so.6")}
    command = [next(out.rglob("ld-linux*")), "--library-path", libraries, out / "usr/local/bin/perl", "-e", "print 7"]
    assert subprocess.run(command, check=True, capture_output=True, timeout=60).stdout == b"7"


def test_a_program_that_this_machine_lacks_is_named_with_its_package(tmp_path: Path) -> None:
    absent = Language(name="a", title="Absent", fences=(), suffix=".a", packages=("absent-dev",), files=("absent-cc",))
    with pytest.raises(SandboxUnavailable, match=r"boxes for Absent need .* absent-cc.*apt-get install .* absent-dev"):
        layer.gather_layer(absent, tmp_path)


def test_a_shim_is_no_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "node"
    shim.write_text("#!/bin/sh\nexec real-node\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxUnavailable, match="is a script, not JavaScript's own program"):
        layer.gather_layer(LANGUAGES["javascript"], tmp_path / "root")
