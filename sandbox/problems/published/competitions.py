"""LiveCodeBench, APPS and TACO: functions and programs of standard input, with their tests as JSON in a field.

A function is called by its name, or as a method of `class Solution` if that is what the problem's starter code has.
Programs may use the names that competitors expect to be there (`List`, `deque`, `gcd`, …), as the publishers' own
evaluations let them.
"""

import ast
import re
from pathlib import Path
from typing import Any

from sandbox.json_text import read_json
from sandbox.problem import FunctionTest, Limits, Problem, StdioTest, Test
from sandbox.problems.data_set import DataSetLoader
from sandbox.problems.jsonl import wall_for
from sandbox.problems.published.packed import PackedError, unpack_text
from sandbox.problems.published.starter import with_starter
from sandbox.problems.rows import ProblemRow
from sandbox.problems.sources import DataSource
from sandbox.problems.suites import SuiteOptions

LIVE = DataSource("livecodebench/test.jsonl", "livecodebench/code_generation_lite", None, "test")
SPLITS = ("train", "test")
PREAMBLE = "".join(
    f"import {name}\nfrom {name} import *\n"
    for name in ("bisect", "collections", "functools", "heapq", "itertools", "math", "string", "typing")
) + "".join(f"import {name}\n" for name in ("copy", "datetime", "operator", "random", "re", "sys"))
PER_TEST = Limits(per_test=True)
"""The publishers' own evaluations give each test its time."""
MIN_MEMORY_MIB = 256
"""For an interpreter with numpy."""


def load_livecodebench(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """LiveCodeBench: public and private tests as marked, the private ones packed. Raises ProblemError."""
    return [_live(row) for row in LIVE.rows(path)]


def _live(row: ProblemRow) -> Problem:
    starter = row.text("starter_code") if row.has("starter_code") else ""
    name = _function_name(row, "metadata", _json(row, "metadata", dict).get("func_name"))
    public, private = (_live_tests(row, field, name, starter) for field in ("public_test_cases", "private_test_cases"))
    statement = row.text("question_content").strip()
    return Problem(
        problem_id=row.identifier("question_id"),
        prompt=with_starter(statement, starter),
        io="stdio" if name is None else "function",
        public_tests=public,
        private_tests=private,
        preamble=PREAMBLE,
        entry_point=None if name is None else _entry_point(name, starter),
        limits=PER_TEST,
        unjudgeable=None if private else "it has no private tests",
    )


def _live_tests(row: ProblemRow, field: str, name: str | None, starter: str) -> tuple[Test, ...]:
    """`input`, `output` and `testtype` of each. A function's input is one JSON value per line."""
    text = row.text(field) if row.has(field) else "[]"
    if not text.lstrip().startswith("["):
        try:
            text = unpack_text(text)
        except PackedError as error:
            raise row.refuse(field, f"JSON, or JSON that is pickled, compressed and in base64 ({error})") from None
    expected = "a list of {input, output, testtype: stdin or functional}, all of the problem's kind"
    kind = "stdin" if name is None else "functional"
    tests: list[Test] = []
    for case in _parsed(row, field, text, list):
        if not isinstance(case, dict) or case.get("testtype") != kind:
            raise row.refuse(field, expected, case)
        given, answer = case.get("input"), case.get("output")
        if not isinstance(given, str) or not isinstance(answer, str):
            raise row.refuse(field, expected, case)
        if name is None:
            tests.append(StdioTest(given, answer))
            continue
        arguments = [_parsed(row, field, line, object) for line in given.split("\n") if line.strip()]
        tests.append(_call(name, starter, arguments, _parsed(row, field, answer, object)))
    return tuple(tests)


def load_apps(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """APPS. Raises ProblemError."""
    source = DataSource(f"apps/{split}.jsonl", "codeparrot/apps", None, split)
    field = "problem_id"
    return [
        _packed(row, options, f"apps/{row.identifier(field if row.has(field) else 'id')}", PER_TEST)
        for row in source.rows(path)
    ]


def load_taco(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """TACO, whose problems have no name: they are numbered in their order. Raises ProblemError."""
    source = DataSource(f"taco/{split}.jsonl", "BAAI/TACO", None, split)
    rows = enumerate(source.rows(path))
    return [_packed(row, options, f"taco/{split or 'file'}/{number}", _limits(row)) for number, row in rows]


def _packed(row: ProblemRow, options: SuiteOptions, problem_id: str, limits: Limits) -> Problem:
    """A row of APPS or TACO: `question`, `starter_code`, `input_output` and `solutions` as JSON texts."""
    statement = row.text("question").strip()
    starter = row.text("starter_code") if row.has("starter_code") else ""
    cases = _json(row, "input_output", dict)
    name = _function_name(row, "input_output", cases.get("fn_name"), "fn_name to be ")
    given, answers = cases.get("inputs", []), cases.get("outputs", [])
    if not isinstance(given, list) or not isinstance(answers, list) or len(given) != len(answers):
        raise row.refuse("input_output", "inputs and outputs, two lists of the same length", cases)
    public: tuple[Test, ...]
    private: tuple[Test, ...]
    if name is None:
        streams = [StdioTest(_stream(row, one), _stream(row, two)) for one, two in zip(given, answers, strict=True)]
        public, private = options.divide(*_shown_first(streams, statement))
    else:
        functions = _functions(row, name, starter, given, answers)
        public, private = options.divide(functions[:1], functions[1:])
    return Problem(
        problem_id=problem_id,
        prompt=with_starter(statement, starter),
        io="stdio" if name is None else "function",
        public_tests=public,
        private_tests=private,
        preamble=PREAMBLE,
        entry_point=None if name is None else _entry_point(name, starter),
        reference=_first_solution(row),
        limits=limits,
        unjudgeable=None if private else "it has no tests",
    )


def _function_name(row: ProblemRow, field: str, name: Any, where: str = "func_name to be ") -> str | None:
    """None for a program of standard input and output."""
    if name is not None and (not isinstance(name, str) or not name.isidentifier()):
        raise row.refuse(field, f"{where}the name of a function", name)
    return name


def _first_solution(row: ProblemRow) -> str | None:
    found = _json(row, "solutions", list)
    if not all(isinstance(one, str) for one in found):
        raise row.refuse("solutions", "a list of programs")
    return found[0] if found else None


def _functions(row: ProblemRow, name: str, starter: str, given: list[Any], answers: list[Any]) -> list[FunctionTest]:
    """Inputs are lists of arguments. Answers are mostly wrapped in a list of their own: if all are, that is no part."""
    if not all(isinstance(arguments, list) for arguments in given):
        raise row.refuse("input_output", "inputs that are lists of arguments", given)
    if all(isinstance(answer, list) and len(answer) == 1 for answer in answers):
        answers = [answer[0] for answer in answers]
    return [_call(name, starter, *case) for case in zip(given, answers, strict=True)]


def _stream(row: ProblemRow, value: Any) -> str:
    """A text, or the list of its lines."""
    lines = value if isinstance(value, list) else [value]
    if not all(isinstance(line, str) for line in lines):
        raise row.refuse("input_output", "texts of standard input and output, or lists of their lines", value)
    return "\n".join(lines)


def _shown_first(tests: list[StdioTest], statement: str) -> tuple[list[StdioTest], list[StdioTest]]:
    """The tests at the list's begin that the statement shows as examples, and the others."""
    words, count = f" {' '.join(statement.split())} ", 0
    while count < len(tests) and all(
        f" {' '.join(text.split())} " in words for text in (tests[count].input, tests[count].output)
    ):
        count += 1
    return tests[:count], tests[count:]


def _call(name: str, starter: str, arguments: list[Any], answer: Any) -> FunctionTest:
    called = f"Solution().{name}" if _entry_point(name, starter) == "Solution" else name
    return FunctionTest(f"assert {called}({', '.join(map(repr, arguments))}) == {answer!r}")


def _entry_point(name: str, starter: str) -> str:
    return "Solution" if re.search(r"^class Solution\b", starter, re.MULTILINE) else name


def _limits(row: ProblemRow) -> Limits:
    """As TACO publishes them: "2.0 seconds", "256.0 megabytes"; the defaults if a problem has none."""
    seconds, megabytes = (
        re.match(r"(\d{1,6}(?:\.\d*)?) ", str(row.fields.get(field) or "")) for field in ("time_limit", "memory_limit")
    )
    cpu_limit_s = (float(seconds[1]) if seconds else 0.0) or Limits().cpu_limit_s
    return Limits(
        cpu_limit_s=cpu_limit_s,
        wall_limit_s=wall_for(cpu_limit_s if seconds else None),
        memory_mib=max(MIN_MEMORY_MIB, int(float(megabytes[1]))) if megabytes else Limits().memory_mib,
        per_test=True,
    )


def _json(row: ProblemRow, field: str, kind: type[Any]) -> Any:
    """A field that is JSON text; empty or missing it is an empty `kind`."""
    text = row.text(field) if row.has(field) else ""
    return _parsed(row, field, text, kind) if text.strip() else kind()


def _parsed(row: ProblemRow, field: str, text: str, kind: type[Any]) -> Any:
    try:
        value = read_json(text)
        ast.literal_eval(repr(value))  # whether Python reads it back: infinity has no literal, nor has a deep list
    except (ValueError, RecursionError, MemoryError, SyntaxError) as error:
        raise row.refuse(field, f"JSON ({error})", text) from None
    if not isinstance(value, kind):
        raise row.refuse(field, f"JSON with a {kind.__name__}", text)
    return value


ROWS = (
    DataSetLoader(
        name="livecodebench",
        label="LiveCodeBench",
        load=load_livecodebench,
        splits=("test",),
        public="as marked",
        private="as marked",
        place=LIVE.file,
    ),
    DataSetLoader(
        name="apps",
        label="APPS",
        load=load_apps,
        splits=SPLITS,
        needs_split=True,
        public="the statement's first example; of a function the first test",
        private="the other tests",
        place="apps/SPLIT.jsonl",
    ),
    DataSetLoader(
        name="taco",
        label="TACO",
        load=load_taco,
        splits=SPLITS,
        needs_split=True,
        public="the statement's first example; of a function the first test",
        private="the other tests",
        place="taco/SPLIT.jsonl",
    ),
)
