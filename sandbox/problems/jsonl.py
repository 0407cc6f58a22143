"""Problems of one's own: one object per line (or row of a Parquet file), checked before anything runs."""

import difflib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox import languages
from sandbox.checkers import CHECKERS, get_checker
from sandbox.checkers.source import checker_fault
from sandbox.errors import ProblemError
from sandbox.judging.plan import no_function_problems
from sandbox.languages import LANGUAGES
from sandbox.languages.language import no_split
from sandbox.problem import DEFAULT_CHECKER, FunctionTest, Limits, Problem, StdioTest, Test
from sandbox.problems.rows import TEXT, ProblemRow, is_text
from sandbox.problems.sources import read_problem_rows
from sandbox.registry import RegistryError

REQUIRED = ("task_id", "prompt", "private_tests")
_OPTIONAL = "language io public_tests setup preamble entry_point reference limits float_tol imports checker"
OPTIONAL = (*_OPTIONAL.split(), "checker_source")
FIELDS = (*REQUIRED, *OPTIONAL)
LIMITS: dict[str, type] = {
    "cpu_limit_s": float,
    "wall_limit_s": float,
    "memory_mib": int,
    "values_mib": int,
    "int_max_str_digits": int,
    "per_test": bool,
}
TIMES = {"cpu_limit_s", "wall_limit_s"}
"""Who sets one means a test, as judges of competitions do, unless `per_test` says otherwise."""
MOST = 1_000_000
"""Seconds, MiB or digits of a limit: longer waits than the clock can express would fail in the middle of a run."""


def load_file(path: Path) -> list[Problem]:
    """The file's problems in its order. Raises ProblemError naming file, line, field and what was expected."""
    problems: list[Problem] = []
    places: dict[str, str] = {}
    for row in read_problem_rows(path):
        problem = parse_problem(row)
        if problem.problem_id in places:
            first = places[problem.problem_id].rpartition(", ")[2]
            raise ProblemError(f"{row.where}: task_id {problem.problem_id!r} is already on {first}")
        places[problem.problem_id] = row.where
        problems.append(problem)
    if not problems:
        raise ProblemError(f"{path}: no problem in it")
    return problems


def parse_problem(row: ProblemRow) -> Problem:
    """Raises ProblemError naming place, field and what was expected."""
    _known_fields(row)
    language, io = _language(row), _one_of(row, "io", ("function", "stdio"))
    if io == "function" and LANGUAGES[language].split is no_split:
        raise ProblemError(f"{row.where}: {no_function_problems(LANGUAGES[language])}")
    for field in ("checker", "checker_source"):
        if io == "function" and row.has(field):
            raise row.refuse(field, "none: it is about what a program prints, and this is a function's problem")
    private = _tests(row, "private_tests", io, language)
    if not private:
        raise row.refuse("private_tests", "at least one test: a program that nothing tests cannot be judged")
    return Problem(
        problem_id=row.identifier("task_id"),
        prompt=row.text("prompt"),
        language=language,
        io=io,  # type: ignore[arg-type]
        public_tests=_tests(row, "public_tests", io, language),
        private_tests=private,
        setup=_code(row, "setup", language),
        preamble=_code(row, "preamble", language),
        entry_point=_entry_point(row, language) if row.has("entry_point") else None,
        reference=row.text("reference") if row.has("reference") else None,
        limits=_limits(row),
        float_tol=_number(row, "float_tol"),
        imports=tuple(row.texts("imports")),
        checker=_checker(row),
        checker_source=_checker_source(row),
    )


def _known_fields(row: ProblemRow) -> None:
    """A field that looks like a misspelt one is an error; others are the owner's business."""
    for field in row.fields.keys() - set(FIELDS):
        near = difflib.get_close_matches(field, FIELDS, 1, 0.8)
        if near:
            raise ProblemError(f"{row.where}: unknown field {field}; did you mean {near[0]}?")


def _code(row: ProblemRow, field: str, language: str) -> str:
    source = row.text(field) if row.has(field) else ""
    if language == "python":
        row.parsed(field, source)
    return source


def _statements(row: ProblemRow, field: str, source: str, language: str) -> tuple[str, ...]:
    """The single tests of a test's source, in a language whose source can be read here."""
    try:
        return LANGUAGES[language].statements(source)
    except (ValueError, RecursionError, MemoryError) as error:
        raise row.refuse(field, f"{LANGUAGES[language].title} source ({error})", source) from None


def _language(row: ProblemRow) -> str:
    """The name of a language, shipped or a plug-in's; one that does not exist is refused before anything runs."""
    value = row.fields.get("language", "python")
    if not isinstance(value, str):
        raise row.refuse("language", f"one of {', '.join(LANGUAGES)}, or package.module:NAME")
    try:
        languages.get_language(value)
    except RegistryError as error:
        raise row.refuse("language", f"one of {', '.join(LANGUAGES)}, or package.module:NAME ({error})") from None
    return value


def _checker(row: ProblemRow) -> str:
    """The name of a checker, shipped or a plug-in's; one that does not exist is refused before anything runs."""
    value = row.text("checker") if row.has("checker") else DEFAULT_CHECKER
    try:
        get_checker(value)
    except RegistryError as error:
        raise row.refuse("checker", f"one of {', '.join(CHECKERS)}, or package.module:NAME ({error})") from None
    return value


def _checker_source(row: ProblemRow) -> str:
    source = row.text("checker_source") if row.has("checker_source") else ""
    if source and row.has("checker"):
        raise row.refuse("checker_source", "a checker by name or by its source, not both", source)
    if source and (fault := checker_fault(source)):
        raise row.refuse("checker_source", f"Python that defines check(input, output, expected): {fault}", source)
    return source


def _one_of(row: ProblemRow, field: str, choices: tuple[str, ...]) -> str:
    value = row.fields.get(field, choices[0])
    if value not in choices:
        raise row.refuse(field, f"one of {', '.join(choices)}")
    return str(value)


def _tests(row: ProblemRow, field: str, io: str, language: str) -> tuple[Test, ...]:
    items = row.fields.get(field, [])
    title = LANGUAGES[language].title
    expected = f"a list of {title} statements" if io == "function" else 'a list of {"input": ..., "output": ...}'
    if not isinstance(items, list):
        raise row.refuse(field, expected)
    tests: list[Test] = []
    for item in items:
        if io == "function" and isinstance(item, str) and item.strip():
            tests += map(FunctionTest, _statements(row, field, item, language))
        elif io == "stdio" and isinstance(item, dict) and _texts(item, ("input", "output")):
            if not is_text(item["input"] + item["output"]):
                raise row.refuse(field, TEXT, item)
            tests.append(StdioTest(item["input"], item["output"]))
        else:
            raise row.refuse(field, f"{expected}; element {len(tests)} is not one", item)
    return tuple(tests)


def _entry_point(row: ProblemRow, language: str) -> str:
    name = row.text("entry_point")
    if not (name if language == "python" else name.replace("$", "_")).isidentifier():
        raise row.refuse("entry_point", "the name of a function")
    return name


def _number(row: ProblemRow, field: str) -> float | None:
    if not row.has(field):
        return None
    if not _positive(row.fields[field], float):
        raise row.refuse(field, "a positive number")
    try:
        return float(row.fields[field])
    except OverflowError:
        raise row.refuse(field, "a positive number that a float can hold") from None


def _limits(row: ProblemRow) -> Limits:
    given = row.fields["limits"] if row.has("limits") else {}
    if not isinstance(given, dict):
        raise row.refuse("limits", f"an object with {', '.join(LIMITS)}")
    for name, value in given.items():
        if name not in LIMITS or not _is_limit(name, value):
            names = ", ".join(LIMITS)
            kinds = "MiB and digits are whole ones, per_test is true or false"
            raise row.refuse("limits", f"positive numbers up to {MOST:,} named {names} ({kinds})")
    meant = {} if "wall_limit_s" in given else {"wall_limit_s": wall_for(given.get("cpu_limit_s"))}
    meant["per_test"] = bool(given.keys() & TIMES)
    try:
        return Limits(**{**meant, **{name: LIMITS[name](value) for name, value in given.items()}})
    except ValueError as error:
        raise row.refuse("limits", f"limits that Python has ({error})") from None


def _is_limit(name: str, value: object) -> bool:
    kind = LIMITS[name]
    if name == "int_max_str_digits" and value == 0:
        return type(value) is int
    return isinstance(value, bool) if kind is bool else _positive(value, kind) and value <= MOST  # type: ignore[operator]


def wall_for(cpu_limit_s: float | None) -> float:
    """Ten times the CPU limit, a little more for short ones; the default's own if none is given."""
    return Limits().wall_limit_s if cpu_limit_s is None else max(10.0, 10.0 * cpu_limit_s)


def _texts(item: dict[str, Any], names: tuple[str, ...]) -> bool:
    return all(isinstance(item.get(name), str) for name in names)


def _positive(value: object, kind: Callable[..., Any]) -> bool:
    number = isinstance(value, int) or (kind is float and isinstance(value, float))
    return number and not isinstance(value, bool) and 0 < value < float("inf")  # type: ignore[operator]
