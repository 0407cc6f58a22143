"""Small problems that the sandbox's tests share."""

from sandbox.problem import FunctionTest, Limits, Problem, StdioTest, Test

QUICK = Limits(cpu_limit_s=1.0, wall_limit_s=10.0, memory_mib=256)


def function(*tests: str, name: str | None = "f", limits: Limits = QUICK, **fields: object) -> Problem:
    """A problem whose private tests are these statements."""
    private = tuple(FunctionTest(test) for test in tests)
    return Problem(problem_id="t", prompt="", private_tests=private, entry_point=name, limits=limits, **fields)  # type: ignore[arg-type]


def stdio(*tests: tuple[str, str], limits: Limits = QUICK, **fields: object) -> Problem:
    cases: tuple[Test, ...] = tuple(StdioTest(*test) for test in tests)
    return Problem(problem_id="t", prompt="", io="stdio", private_tests=cases, limits=limits, **fields)  # type: ignore[arg-type]
