"""Problems that another package made, checked before anything runs, as those of a file are."""

from sandbox.errors import ProblemError
from sandbox.judging.plan import make_plan
from sandbox.languages import get_language
from sandbox.plugin_rows import misfit
from sandbox.problem import FunctionTest, Problem, StdioTest


def require_problems(name: str, found: object) -> list[Problem]:
    """What the loader of the data set `name` returned. Raises ProblemError, which names the problem and the field."""
    others = [one for one in found if not isinstance(one, Problem)] if isinstance(found, list) else [found]
    if not isinstance(found, list) or others:
        shown = f"{'a list with a ' if isinstance(found, list) else ''}{type(others[0]).__name__}"
        raise ProblemError(f"load of data set {name!r} returned {shown}; expected a list of Problem (sandbox)")
    for problem in found:
        if (wrong := _wrong(problem)) is not None:
            raise ProblemError(f"data set {name!r}, problem {problem.problem_id!r}: {wrong}")
    return found


def _wrong(problem: Problem) -> str | None:
    if (wrong := misfit(problem)) is not None:
        return wrong
    if not problem.problem_id:
        return "problem_id is empty"
    kind = StdioTest if problem.io == "stdio" else FunctionTest
    for test in (*problem.public_tests, *problem.private_tests):
        if not isinstance(test, kind):
            return f"a test is a {type(test).__name__}, expected {kind.__name__}, as io is {problem.io!r}"
    if not problem.private_tests:
        return "private_tests is empty, expected at least one: a program that nothing tests cannot be judged"
    try:
        for test in (*problem.public_tests, *problem.private_tests):
            if isinstance(test, FunctionTest):
                get_language(problem.language).statements(test.source)
        make_plan(problem, "public")
        make_plan(problem, "private")
    except (ValueError, RecursionError, MemoryError) as error:
        return f"its tests cannot be judged: {error}"
    return None
