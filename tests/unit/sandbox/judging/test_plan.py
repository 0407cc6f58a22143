"""How a suite is judged, decided from trusted text."""

from sandbox.judging.plan import make_plan
from sandbox.problem import FunctionTest, Problem


def test_set_up_code_goes_to_the_judge_box() -> None:
    tests = (FunctionTest("assert f(1) == 2"),)
    plain = make_plan(Problem(problem_id="a", prompt="", private_tests=tests), "private")
    with_setup = make_plan(Problem(problem_id="a", prompt="", private_tests=tests, setup="x = 1"), "private")
    assert (len(plain.calls), len(plain.checks)) == (1, 0)
    assert (len(with_setup.calls), len(with_setup.checks)) == (0, 1)
    assert plain.identity != with_setup.identity
