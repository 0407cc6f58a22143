"""EvalPlus' own format: what is public, what inputs are meant, and which results are right."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import ProblemError
from sandbox.problem import FunctionTest, Problem
from sandbox.problems.load import read_problems
from sandbox.problems.published.evalplus_arguments import meant_arguments
from tests.support.published import raw, real

ROW = {
    "task_id": "HumanEval/0",
    "prompt": 'def f(x):\n    """Double it."""\n',
    "entry_point": "f",
    "canonical_solution": "    return 2 * x\n",
    "base_input": [[1], [2]],
    "plus_input": [[[1]], [0.5]],
    "atol": 0,
}


def load(tmp_path: Path, row: dict[str, Any], name: str = "humaneval_evalplus") -> Problem:
    (tmp_path / "rows.jsonl").write_text(json.dumps(row))
    data = read_problems(f"{name}@{tmp_path / 'rows.jsonl'}")
    assert not data.excluded
    return data.problems[0]


def accepts(test: object, name: str, candidate: Any) -> bool:
    """As a plain process would judge; the tests are this project's own text."""
    assert isinstance(test, FunctionTest)
    try:
        exec(test.source, {name: candidate})
    except (AssertionError, TypeError):
        return False
    return True


def test_base_inputs_are_public_and_the_others_private(tmp_path: Path) -> None:
    problem = load(tmp_path, ROW)
    ((base,), (plus,)) = problem.public_tests, problem.private_tests
    assert problem.reference == 'def f(x):\n    """Double it."""\n    return 2 * x\n' and not problem.preamble
    assert accepts(base, "f", lambda x: 2 * x) and accepts(plus, "f", lambda x: 2 * x)
    assert accepts(base, "f", lambda x: x + x if x < 3 else 0) and not accepts(base, "f", lambda x: 2)
    assert not accepts(plus, "f", lambda x: [1, 1] if x == [1] else 2)
    with pytest.raises(AssertionError, match=r"f\(2\) is 5, expected 4"):
        exec(base.source, {"f": lambda x: 2 if x == 1 else 5})  # type: ignore[union-attr]
    assert load(tmp_path, ROW | {"plus_input": {}}).private_tests == (base,)


def test_changed_arguments_change_no_expected_result(tmp_path: Path) -> None:
    row = ROW | {"canonical_solution": "    return x.pop()\n", "base_input": [[[1, 2]]]}
    assert accepts(load(tmp_path, row).public_tests[0], "f", lambda x: x.pop())


@pytest.mark.parametrize(
    ("right", "found", "atol", "accepted"),
    [
        (0.5, 0.5 + 5e-7, 0, True),
        (0.5, 0.5 + 5e-6, 0, False),
        ([0.5, 1.5], [0.5, 1.5 + 5e-7], 0, True),
        ([0.5, 1.5], (0.5, 1.5 + 5e-7), 0, False),
        ([0.5, 1.5], [0.5], 0, False),
        ([0.5, 1], [0.5 + 5e-7, 1], 0, False),
        ([0.5, 1], [0.5 + 5e-7, 1], 1e-4, True),
        (2, 2.0, 0, True),
        (2, 2.0000001, 1e-4, False),
        ([], 3, 1e-4, False),
        (True, 1, 0, True),
    ],
)
def test_results_are_compared_as_the_publisher_does(
    tmp_path: Path, right: Any, found: Any, atol: float, accepted: bool
) -> None:
    row = ROW | {"canonical_solution": f"    return {right!r}\n", "base_input": [[1]], "atol": atol}
    assert accepts(load(tmp_path, row).public_tests[0], "f", lambda x: found) is accepted


def test_a_float_result_leaves_room_for_those_behind_it(tmp_path: Path) -> None:
    row = ROW | {"canonical_solution": "    return [0.5, 'a'][x:]\n", "base_input": [[1], [0]]}
    assert not accepts(load(tmp_path, row).public_tests[0], "f", lambda x: [0.5 + 5e-7, "a"][x:])
    row = ROW | {"canonical_solution": "    return 0.5 if x else [0.5, 1]\n", "base_input": [[1], [0]]}
    assert accepts(load(tmp_path, row).public_tests[0], "f", lambda x: 0.5 if x else [0.5 + 5e-7, 1])


def test_oracles(tmp_path: Path) -> None:
    row = ROW | {"plus_input": []}
    sets = row | {"task_id": "Mbpp/2", "canonical_solution": "def f(x):\n    return x", "base_input": [[[1, 2]]]}
    assert accepts(load(tmp_path, sets, "mbpp_evalplus").public_tests[0], "f", lambda x: [2, 1, 1])
    found = sets | {"task_id": "Mbpp/737", "canonical_solution": "def f(x):\n    return 'yes'"}
    test = load(tmp_path, found, "mbpp_evalplus").public_tests[0]
    assert [accepts(test, "f", lambda x, y=y: y) for y in ("no", True, False, None)] == [True, True, False, False]
    root = row | {"task_id": "HumanEval/32", "canonical_solution": "    return -0.5\n", "base_input": [[[1, 2]]]}
    test = load(tmp_path, root | {"atol": 1e-4}).public_tests[0]
    assert accepts(test, "f", lambda x: -0.50001) and not accepts(test, "f", lambda x: -0.51)


def test_what_is_no_such_row_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="line 1: field base_input: expected a list of lists of arguments"):
        load(tmp_path, ROW | {"base_input": [1]})
    with pytest.raises(ProblemError, match="field atol: expected a number, found nothing"):
        load(tmp_path, {key: value for key, value in ROW.items() if key != "atol"})
    with pytest.raises(ProblemError, match=r"field base_input: expected arguments of Mbpp/252 \(complex"):
        load(tmp_path, ROW | {"task_id": "Mbpp/252", "base_input": [["no"]]}, "mbpp_evalplus")


@pytest.mark.parametrize(
    ("number", "call", "meant"),
    [
        (1, [[1], 2], [[1], 2]),
        (2, [[1], [2]], [(1,), (2,)]),
        (63, [[[1, 2]]], [[(1, 2)]]),
        (75, [[[1]], 3], [[(1,)], 3]),
        (106, [[1], [2]], [[1], (2,)]),
        (115, [[[1], []]], [[{1}, {}]]),
        (124, ["0.5", "1j"], [0.5, 1j]),
        (307, [[1], 2, 3], [(1,), 2, 3]),
        (252, ["(1+2j)"], [1 + 2j]),
        (259, [[[1]], [[2]]], [((1,),), ((2,),)]),
        (278, [[1, [2, [3]]]], [(1, (2, [3]))]),
        (580, [[1, [2]]], [(1, (2,))]),
        (722, [{"a": [1]}, 2], [{"a": (1,)}, 2]),
    ],
)
def test_arguments_that_json_lacks(number: int, call: list[Any], meant: list[Any]) -> None:
    assert meant_arguments(number, call) == meant


@real
def test_published_references_pass_their_own_inputs(tmp_path: Path) -> None:
    """Awkward ones: many results, one that evaluates text, inf, sets, tuples, no further inputs."""
    wanted = {
        "humaneval_evalplus": ("HumanEval/2", "HumanEval/160"),
        "mbpp_evalplus": ("Mbpp/2", "Mbpp/124", "Mbpp/404", "Mbpp/558", "Mbpp/581", "Mbpp/793"),
    }
    files = {"humaneval_evalplus": "humaneval_plus/HumanEvalPlus", "mbpp_evalplus": "mbpp_plus/MbppPlus"}
    for name, tasks in wanted.items():
        rows = [row for row in raw(f"{files[name]}-NoExtreme.jsonl.gz") if row["task_id"] in tasks]
        for row in rows:
            problem = load(tmp_path, row, name)
            space: dict[str, Any] = {}
            exec(problem.reference or "", space)
            for test in {*problem.public_tests, *problem.private_tests}:
                assert accepts(test, row["entry_point"], space[row["entry_point"]]), row["task_id"]
                assert not accepts(test, row["entry_point"], lambda *arguments: "odd"), row["task_id"]
        assert len(rows) == len(tasks)
