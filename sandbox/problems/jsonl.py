"""Problems of one's own: one JSON object per line, checked before anything runs."""

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.errors import ProblemError
from sandbox.languages import LANGUAGES
from sandbox.plan import make_plan
from sandbox.problem import FunctionTest, Limits, Problem, StdioTest, Test
from sandbox.problems.sources import Row, read_jsonl

REQUIRED = ("task_id", "prompt", "private_tests")
OPTIONAL = ("language", "io", "public_tests", "setup", "preamble", "entry_point", "reference", "limits", "float_tol")
FIELDS = (*REQUIRED, *OPTIONAL)
LIMITS: dict[str, type] = {"cpu_limit_s": float, "wall_limit_s": float, "memory_mib": int}


def load(path: Path) -> list[Problem]:
    """The file's problems in its order. Raises ProblemError naming file, line, field and what was expected."""
    problems: list[Problem] = []
    lines: dict[str, int] = {}
    for number, row in read_jsonl(path):
        problem = _Row(row, f"{path}, line {number}").problem()
        if problem.problem_id in lines:
            first = lines[problem.problem_id]
            raise ProblemError(f"{path}, line {number}: task_id {problem.problem_id!r} is already on line {first}")
        lines[problem.problem_id] = number
        problems.append(problem)
    if not problems:
        raise ProblemError(f"{path}: no problem in it")
    return problems


class _Row:
    """One line and its place, for messages."""

    def __init__(self, row: Row, where: str) -> None:
        self.row, self.where = row, where

    def refuse(self, field: str, expected: str) -> ProblemError:
        found = repr(self.row[field])[:60] if field in self.row else "nothing"
        return ProblemError(f"{self.where}: field {field}: expected {expected}, found {found}")

    def problem(self) -> Problem:
        self.known_fields()
        language, io = self.one_of("language", tuple(LANGUAGES)), self.one_of("io", ("function", "stdio"))
        private = self.tests("private_tests", io, language)
        if not private:
            raise self.refuse("private_tests", "at least one test: a program that nothing tests cannot be judged")
        problem = Problem(
            problem_id=self.identifier(),
            prompt=self.text("prompt") or "",
            language=language,
            io=io,  # type: ignore[arg-type]
            public_tests=self.tests("public_tests", io, language),
            private_tests=private,
            setup=self.code("setup", language),
            preamble=self.code("preamble", language),
            entry_point=self.text("entry_point", required=False),
            reference=self.text("reference", required=False),
            limits=self.limits(),
            float_tol=self.number("float_tol"),
        )
        try:
            make_plan(problem, "public")
            make_plan(problem, "private")
        except ValueError as error:
            raise ProblemError(f"{self.where}: {error}") from None
        return problem

    def known_fields(self) -> None:
        """A field that looks like a misspelt one is an error; others are the owner's business."""
        for field in self.row.keys() - set(FIELDS):
            near = difflib.get_close_matches(field, FIELDS, 1, 0.8)
            if near:
                raise ProblemError(f"{self.where}: unknown field {field}; did you mean {near[0]}?")

    def identifier(self) -> str:
        value = self.row.get("task_id")
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            raise self.refuse("task_id", "a string or an integer")
        return str(value)

    def text(self, field: str, required: bool = True) -> str | None:
        value = self.row.get(field)
        if isinstance(value, str) or (value is None and not required):
            return value
        raise self.refuse(field, "a string")

    def code(self, field: str, language: str) -> str:
        source = self.text(field, required=False) or ""
        if language == "python":
            self.parsed(source, field, language)
        return source

    def parsed(self, source: str, field: str, language: str) -> tuple[str, ...]:
        """The single tests of a test's source, in a language whose source can be read here."""
        try:
            return LANGUAGES[language].statements(source)
        except (ValueError, RecursionError, MemoryError) as error:
            raise self.refuse(field, f"{LANGUAGES[language].title} source ({error})") from None

    def one_of(self, field: str, choices: tuple[str, ...]) -> str:
        value = self.row.get(field, choices[0])
        if value not in choices:
            raise self.refuse(field, f"one of {', '.join(choices)}")
        return str(value)

    def tests(self, field: str, io: str, language: str) -> tuple[Test, ...]:
        items = self.row.get(field, [])
        expected = (
            f"a list of {LANGUAGES[language].title} statements"
            if io == "function"
            else 'a list of {"input": ..., "output": ...}'
        )
        if not isinstance(items, list):
            raise self.refuse(field, expected)
        tests: list[Test] = []
        for item in items:
            if io == "function" and isinstance(item, str) and item.strip():
                tests += map(FunctionTest, self.parsed(item, field, language))
            elif io == "stdio" and isinstance(item, dict) and _texts(item, ("input", "output")):
                tests.append(StdioTest(item["input"], item["output"]))
            else:
                raise self.refuse(field, f"{expected}; element {len(tests)} is not one")
        return tuple(tests)

    def number(self, field: str) -> float | None:
        value = self.row.get(field)
        if value is None:
            return None
        if not _positive(value, float):
            raise self.refuse(field, "a positive number")
        return float(value)

    def limits(self) -> Limits:
        given = self.row.get("limits") or {}
        if not isinstance(given, dict):
            raise self.refuse("limits", f"an object with {', '.join(LIMITS)}")
        for name, value in given.items():
            if name not in LIMITS or not _positive(value, LIMITS[name]):
                raise self.refuse("limits", f"positive numbers named {', '.join(LIMITS)} (memory_mib a whole one)")
        wall = {} if "wall_limit_s" in given else {"wall_limit_s": _wall_for(given.get("cpu_limit_s"))}
        return Limits(**{**wall, **{name: LIMITS[name](value) for name, value in given.items()}})


def _wall_for(cpu_limit_s: float | None) -> float:
    """Ten times the CPU limit, a little more for short ones; the default's own where none is given."""
    return Limits().wall_limit_s if cpu_limit_s is None else max(10.0, 10.0 * cpu_limit_s)


def _texts(item: dict[str, Any], names: tuple[str, ...]) -> bool:
    return all(isinstance(item.get(name), str) for name in names)


def _positive(value: object, kind: Callable[..., Any]) -> bool:
    number = isinstance(value, int) or (kind is float and isinstance(value, float))
    return number and not isinstance(value, bool) and 0 < value < float("inf")  # type: ignore[operator]
