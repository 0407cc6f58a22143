"""Names of data sets: what they say, what is refused, and that nothing of a plug-in is imported to know it."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import ProblemError
from sandbox.problem import FunctionTest, Problem, StdioTest
from sandbox.problems.checked import require_problems
from sandbox.problems.load import DATA_SETS, describe_data_sets, load_problems, parse_name, read_problems, split_names
from sandbox.problems.suites import SuiteOptions
from sandbox.registry import RegistryError

PLUGIN = """
import sys
from sandbox.problem import FunctionTest, Problem
from sandbox.problems.data_set import DataSetLoader

sys.data_set_guest_imported = True

def load(split, options, path):
    lines = path.read_text().split() if path else ["1", "2"]
    test = (FunctionTest("assert f(1) == 1"),)
    return [Problem(problem_id=f"{split}/{line}", prompt="p", private_tests=test) for line in lines]

MINE = DataSetLoader(name="mine", label="Mine", load=load, splits=("train",), public="none", private="one")
OTHER = 3
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data_set_guest"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "sets.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(DATA_SETS, "_loaded", {})
    for name in [name for name in sys.modules if name.startswith("data_set_guest")]:
        del sys.modules[name]
    return tmp_path


@pytest.mark.parametrize(
    ("name", "row", "split", "path"),
    [
        ("mbpp", "mbpp", None, None),
        ("mbpp:train", "mbpp", "train", None),
        ("mbpp:train@some:file?.jsonl", "mbpp", "train", "some:file?.jsonl"),
        ("data_set_guest.sets:MINE", "data_set_guest.sets:MINE", None, None),
        ("data_set_guest.sets:MINE:train", "data_set_guest.sets:MINE", "train", None),
        ("data_set_guest.sets:MINE:train@x", "data_set_guest.sets:MINE", "train", "x"),
        ("data_set_guest:MINE:train", "data_set_guest:MINE", "train", None),
    ],
)
def test_the_parts_of_a_name(package: Path, name: str, row: str, split: str | None, path: str | None) -> None:
    found = parse_name(name)
    assert found is not None
    assert (found.row, found.split, found.path and str(found.path)) == (row, split, path)
    assert found.options == SuiteOptions()
    assert "data_set_guest.sets" not in sys.modules


def test_the_shortest_references_first() -> None:
    published, sorted_ = load_problems("builtin:test"), load_problems("builtin:test?order=shortest")
    lengths = [len(problem.reference or "") for problem in sorted_]
    assert lengths == sorted(lengths) and lengths != [len(problem.reference or "") for problem in published]
    assert {problem.problem_id for problem in sorted_} == {problem.problem_id for problem in published}
    assert load_problems("builtin:test?order=published") == published


def test_the_parts_of_a_set_are_the_whole() -> None:
    whole = load_problems("builtin:test?order=shortest")
    parts = [load_problems(f"builtin:test?part={number}/3&order=shortest") for number in (1, 2, 3)]
    assert [one[0] for one in parts] == whole[:3] and parts[0][1] == whole[3]
    assert sorted((problem for part in parts for problem in part), key=whole.index) == whole


@pytest.mark.parametrize("value", ["0/3", "4/3", "1/0", "1", "a/b", "1/3/4", "-1/3", ""])
def test_a_part_is_one_of_several(value: str) -> None:
    with pytest.raises(ProblemError, match=r"expected K/N with 1 <= K <= N, as in part=1/4"):
        load_problems(f"builtin:test?part={value}")


@pytest.mark.parametrize("options", ["part=1/3&part=2/3", "order=shortest&order=published"])
def test_an_option_is_given_once(options: str) -> None:
    """The last would win, and the first be believed."""
    with pytest.raises(ProblemError, match=f"the option {options.partition('=')[0]} is given twice"):
        load_problems(f"builtin:test?{options}")


def test_a_part_has_problems() -> None:
    bare = Problem(problem_id="bare", prompt="p", private_tests=(FunctionTest("assert f(1) == 1"),))
    with pytest.raises(ProblemError, match=r"part=2/2: there are 1 problems, so this part has none"):
        SuiteOptions(part=(2, 2)).arrange([bare])


@pytest.mark.parametrize(("count", "kept"), [(4, 4), (2, 2), (1, 1), (0, 0)])
def test_fewer_private_tests_are_the_first_ones_and_change_nothing_else(count: int, kept: int) -> None:
    whole, cut = load_problems("builtin:train"), load_problems(f"builtin:train?private_tests={count}")
    assert cut == [
        replace(problem, private_tests=problem.private_tests[:kept] or problem.public_tests) for problem in whole
    ]
    assert load_problems("builtin:train?private_tests=all") == whole


def test_a_problem_keeps_a_test_that_judges() -> None:
    bare = Problem(problem_id="bare", prompt="p", private_tests=(FunctionTest("assert f(1) == 1"),))
    assert SuiteOptions(private_tests=1).arrange([bare]) == [bare]
    with pytest.raises(ProblemError, match="private_tests=0: bare has no public test"):
        SuiteOptions(private_tests=0).arrange([bare])


def test_options_of_a_name() -> None:
    found = parse_name("mbpp:train?public_tests=all&generated_tests=true")
    assert found is not None and found.split == "train"
    assert found.options == SuiteOptions(public_tests="all", generated_tests=True)
    for wrong in ("mbpp?public_tests=most", "mbpp?tests=all", "mbpp?public_tests"):
        with pytest.raises(ProblemError, match=r"expected options public_tests=none\|first\|all; generated_tests="):
            parse_name(wrong)


def test_joined_names_are_read_one_after_the_other(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = "data_set_guest.sets:MINE"
    joined = read_problems(f"{own}+{own}:train")
    assert [one.problem_id for one in joined.problems] == ["None/1", "None/2", "train/1", "train/2"]
    assert joined.name == f"{own}+{own}:train"
    with pytest.raises(ProblemError, match="task_id 'None/1' is in two of these sets"):
        read_problems(f"{own}+{own}")
    with pytest.raises(ProblemError, match="mbbp is neither a file nor a data set"):
        read_problems(f"{own}+mbbp")


def test_a_plus_in_a_path_joins_nothing(tmp_path: Path) -> None:
    assert split_names("mine@a+b.jsonl") == ["mine@a+b.jsonl"]
    (tmp_path / "a+b.jsonl").write_text("")
    assert split_names(str(tmp_path / "a+b.jsonl")) == [str(tmp_path / "a+b.jsonl")]


def test_a_plug_in_is_read_by_its_import_path(package: Path) -> None:
    assert [problem.problem_id for problem in load_problems("data_set_guest.sets:MINE:train")] == ["train/1", "train/2"]
    (package / "rows.txt").write_text("7")
    found = read_problems(f"data_set_guest.sets:MINE@{package / 'rows.txt'}")
    assert [problem.problem_id for problem in found.problems] == ["None/7"]
    with pytest.raises(ProblemError, match="mine: expected one of train, found test"):
        read_problems("data_set_guest.sets:MINE:test")
    with pytest.raises(RegistryError, match="is int, expected DataSetLoader"):
        read_problems("data_set_guest.sets:OTHER")


def test_the_built_in_family_is_a_row_as_any_other() -> None:
    problems = load_problems("builtin:validation")
    assert len(problems) == 500 and problems[0].problem_id == "family/validation/00000"
    with pytest.raises(ProblemError, match="builtin: expected one of train, validation, test, warm, found no split"):
        load_problems("builtin")
    with pytest.raises(ProblemError, match="read from no file"):
        load_problems("builtin:train@x")


def test_what_is_no_data_set_is_refused_with_the_names_that_are() -> None:
    shipped = r"Shipped: builtin, builtin_phrases, builtin_unsolved, mbpp, "
    for name in ("mbp:train", "nothing", "no/such/file.jsonl"):
        with pytest.raises(
            ProblemError,
            match=rf"neither a file nor a data set\. {shipped}",
        ):
            load_problems(name)
    with pytest.raises(ProblemError, match=r"there is no module 'my_sets': is its folder on PYTHONPATH\?$"):
        load_problems("my_sets:MINE")


def test_help_is_made_of_the_rows() -> None:
    text = describe_data_sets()
    assert [line.partition(":")[0] for line in text.splitlines()] == list(DATA_SETS)
    assert "codecontests:train|valid|test: CodeContests; public: as marked" in text


def test_the_documentation_names_every_row() -> None:
    """docs/datasets.md lists each row with its splits, its place, and what is public."""
    text = (Path(__file__).parents[4] / "docs" / "datasets.md").read_text()
    for row in DATA_SETS.values():
        line = next(line for line in text.splitlines() if line.startswith(f"| `{row.name}` |"))
        assert row.public in line and row.private in line and row.place in line
        assert all(split in line for split in row.splits)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("1 / 0", "failed to load its problems: ZeroDivisionError: division by zero, raised by load of .*, line 2"),
        ("exit('bye')", "failed to load its problems: RuntimeError: SystemExit: bye"),
        ("None", "returned NoneType; expected a list of Problem"),
        ("[{'prompt': 'x'}]", "returned a list with a dict; expected a list of Problem"),
    ],
)
def test_a_data_set_of_another_package_that_gives_no_problems_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, said: str
) -> None:
    module = f"sets_{tmp_path.name}"
    row = "DataSetLoader(name='x', label='x', load=lambda split, options, path: BODY, public='', private='')"
    (tmp_path / f"{module}.py").write_text(f"from sandbox import DataSetLoader\nX = {row.replace('BODY', body)}\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ProblemError, match=f"data set '{module}:X' {said}"):
        read_problems(f"{module}:X")


TEST = FunctionTest("assert f(1) == 1")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"private_tests": ()}, r"private_tests is empty, expected at least one"),
        (
            {"private_tests": [TEST]},
            r"private_tests is \[Func.*, expected a tuple of FunctionTest or StdioTest",
        ),
        ({"public_tests": ("assert f(1) == 1",)}, r"public_tests is \('assert.*, expected a tuple of"),
        ({"private_tests": (FunctionTest("assert ("),)}, "its tests cannot be judged: "),
        (
            {"private_tests": (StdioTest("1", "1"),)},
            "a test is a StdioTest, expected FunctionTest, as io is",
        ),
        ({"io": "stdio"}, "a test is a FunctionTest, expected StdioTest, as io is 'stdio'"),
        ({"io": "pipes"}, "io is 'pipes', expected 'function' or 'stdio'"),
        ({"language": "cobol"}, "its tests cannot be judged: no language is named 'cobol'"),
        ({"prompt": None}, "prompt is None, expected str"),
        ({"problem_id": ""}, "problem_id is empty"),
        ({"limits": 3}, "limits is 3, expected Limits"),
    ],
)
def test_a_problem_of_another_package_is_checked_as_one_of_a_file(wrong: dict[str, Any], said: str) -> None:
    """Without private tests, or with tests that nothing would run, every program would be right."""
    good = Problem(problem_id="p", prompt="p", public_tests=(TEST,), private_tests=(TEST,))
    assert require_problems("mine:X", [good]) == [good]
    with pytest.raises(ProblemError, match=f"data set 'mine:X', problem '.*': {said}"):
        require_problems("mine:X", [good, replace(good, **wrong)])
