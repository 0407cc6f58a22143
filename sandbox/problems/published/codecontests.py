"""CodeContests: programs that read standard input and write standard output, with limits of their own.

Only problems with one right answer per input can be judged; the publisher does not mark the others.
"""

from pathlib import Path
from typing import Any

from sandbox.json_text import read_json
from sandbox.problem import Limits, Problem, StdioTest
from sandbox.problems.data_set import DataSetLoader
from sandbox.problems.jsonl import MOST, wall_for
from sandbox.problems.rows import ProblemRow
from sandbox.problems.sources import DataSource
from sandbox.problems.suites import SuiteOptions

SPLITS = ("train", "valid", "test")
HUB_NAME = "deepmind/code_contests"
SAMPLE = DataSource("codecontests_sample/code_eval_code_contests.jsonl")
PYTHON3 = 3
"""The publisher's number of the language of a solution."""
MOST_NANOS = MOST * 10**9
MIN_MEMORY_MIB = 256
"""For an interpreter with numpy; the publisher's limits were set for compiled languages."""


def load_codecontests(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """Public tests as marked, private and, if wanted, generated ones to judge; CPU limits as published.

    A problem without public tests, without private ones, or one that reads a file is excluded. Raises ProblemError.
    """
    source = DataSource(f"codecontests/{split}.parquet", HUB_NAME, None, split)
    return [_problem(row, options) for row in source.rows(path)]


def _problem(row: ProblemRow, options: SuiteOptions) -> Problem:
    public, private = _cases(row, "public_tests"), _cases(row, "private_tests")
    if options.generated_tests:
        private += _cases(row, "generated_tests")
    why = None
    if row.fields.get("input_file") or row.fields.get("output_file"):
        why = "it reads or writes a file instead of standard input and output"
    elif not public or not private:
        why = f"it has no {'private' if public else 'public'} tests"
    return Problem(
        problem_id=row.identifier("name"),
        prompt=row.text("description"),
        io="stdio",
        public_tests=public,
        private_tests=private,
        reference=_reference(row),
        limits=_limits(row),
        unjudgeable=why,
    )


def _cases(row: ProblemRow, field: str) -> tuple[StdioTest, ...]:
    """Inputs and outputs, which the publisher keeps in two lists."""
    value = row.fields.get(field) or {"input": [], "output": []}
    inputs, outputs = (_texts(value, "input"), _texts(value, "output"))
    if inputs is None or outputs is None or len(inputs) != len(outputs):
        raise row.refuse(field, "two lists of strings of the same length, named input and output")
    return tuple(StdioTest(*case) for case in zip(inputs, outputs, strict=True))


def _texts(value: Any, name: str) -> list[str] | None:
    texts = value.get(name) if isinstance(value, dict) else None
    return texts if isinstance(texts, list) and all(isinstance(item, str) for item in texts) else None


def _reference(row: ProblemRow) -> str | None:
    """The first solution in Python 3, if there is one."""
    solutions = row.fields.get("solutions") or {"language": [], "solution": []}
    languages = solutions.get("language") if isinstance(solutions, dict) else None
    programs = _texts(solutions, "solution")
    if not isinstance(languages, list) or programs is None:
        raise row.refuse("solutions", "two lists, named language and solution: numbers and programs")
    return next((text for number, text in zip(languages, programs, strict=False) if number == PYTHON3), None)


def _limits(row: ProblemRow) -> Limits:
    """Seconds and nanoseconds of CPU, bytes of memory; the defaults if a problem has none."""
    given, memory = row.fields.get("time_limit") or {}, row.fields.get("memory_limit_bytes") or 0
    if not isinstance(given, dict) or not all(type(part) is int and 0 <= part <= MOST_NANOS for part in given.values()):
        raise row.refuse("time_limit", "an object with seconds and nanos")
    if type(memory) is not int or not 0 <= memory <= MOST << 20:
        raise row.refuse("memory_limit_bytes", "a number of bytes")
    cpu_limit_s = given.get("seconds", 0) + given.get("nanos", 0) / 1e9
    if cpu_limit_s > MOST:
        raise row.refuse("time_limit", f"at most {MOST:,} seconds")
    return Limits(
        cpu_limit_s=cpu_limit_s or Limits().cpu_limit_s,
        wall_limit_s=wall_for(cpu_limit_s or None),
        memory_mib=max(MIN_MEMORY_MIB, memory >> 20) if memory else Limits().memory_mib,
    )


def load_codecontests_sample(split: str | None, options: SuiteOptions, path: Path | None) -> list[Problem]:
    """Problems whose tests come in one list: `content`, and `test` as JSON text. Raises ProblemError.

    The examples of a statement stand at the list's end. Those are public, the others private.
    """
    return [_sample(row) for row in SAMPLE.rows(path)]


def _sample(row: ProblemRow) -> Problem:
    tests, statement = _merged(row), row.text("content")
    shown = _words(statement)
    count = 0
    while count < len(tests) and all(_words(text) in shown for text in _texts_of(tests[-1 - count])):
        count += 1
    split = len(tests) - count
    return Problem(
        problem_id=_name(row) or row.identifier("id"),
        prompt=statement,
        io="stdio",
        public_tests=tests[split:],
        private_tests=tests[:split],
        unjudgeable=None if tests[split:] and tests[:split] else "its tests do not say which are public",
    )


def _texts_of(test: StdioTest) -> tuple[str, str]:
    return test.input, test.output


def _words(text: str) -> str:
    return f" {' '.join(text.split())} "


def _merged(row: ProblemRow) -> tuple[StdioTest, ...]:
    try:
        items: list[Any] = read_json(row.text("test"))
        tests = tuple(StdioTest(item["input"]["stdin"], item["output"]["stdout"]) for item in items)
        if not isinstance(items, list) or not all(isinstance(text, str) for test in tests for text in _texts_of(test)):
            raise TypeError
        return tests
    except (ValueError, TypeError, KeyError):
        expected = 'a JSON list of {"input": {"stdin": ...}, "output": {"stdout": ...}}'
        raise row.refuse("test", expected) from None


def _name(row: ProblemRow) -> str | None:
    """None if its labels say none."""
    try:
        labels = read_json(row.text("labels"))
    except ValueError:
        labels = None
    if not isinstance(labels, dict) or not isinstance(labels.get("name", ""), str):
        raise row.refuse("labels", "a JSON object whose name is text")
    return labels.get("name")


ROWS = (
    DataSetLoader(
        name="codecontests",
        label="CodeContests",
        load=load_codecontests,
        splits=SPLITS,
        needs_split=True,
        public="as marked",
        private="as marked, and the generated ones if wanted",
        place="codecontests/SPLIT.parquet",
    ),
    DataSetLoader(
        name="codecontests_sample",
        label="a sample of CodeContests",
        load=load_codecontests_sample,
        splits=("test",),
        public="the statement's examples",
        private="the rest of the list",
        place=SAMPLE.file,
    ),
)
