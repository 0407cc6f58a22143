"""Problems of a test split that are in the training split too, by id and by text."""

import json
from pathlib import Path

import pytest

from sandbox.commands.overlap import print_overlaps
from sandbox.problem import Problem
from sandbox.problems.load import load_problems
from sandbox.problems.overlap import Overlap, find_overlap, overlap_summary
from sandbox.problems.published.starter import with_starter
from tests.support.published import published, raw, real


def text(problem_id: str, prompt: str) -> Problem:
    return Problem(problem_id=problem_id, prompt=prompt)


def test_overlap_by_id_and_by_text() -> None:
    train = [text("Mbpp/601", "Add two numbers."), text("HumanEval/3", "a"), text("own", "")]
    test = [text("mbpp/601", "Other."), text("Python/3", "b"), text("x", "add  two\nNumbers"), text("y", "")]
    found = find_overlap(train, test)
    assert found == [
        Overlap("mbpp/601", "Mbpp/601", by_id=True),
        Overlap("Python/3", "HumanEval/3", by_id=True),
        Overlap("x", "Mbpp/601", by_id=False),
    ]
    expected = "3 of 4 test problems are in the training split (2 by id, 1 by text): mbpp/601, Python/3, x"
    assert overlap_summary(found, len(test), "test") == expected
    assert overlap_summary([], 4, "test") is None


def test_the_code_that_a_statement_gives_is_no_part_of_it() -> None:
    first = text("two-sum", with_starter("Add two numbers.", "class Solution:\n    def add(self): ..."))
    second = text("2001", with_starter("Add two numbers.", "def add():"))
    assert find_overlap([first], [second]) == [Overlap("2001", "two-sum", by_id=False)]


def test_pairs_of_data_sets_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = []
    for name, statements in (("a", ("Add.", "Double.")), ("b", ("double", "Halve.")), ("c", ("Square.",))):
        rows = [
            {"task_id": f"{name}/{statement}", "prompt": statement, "private_tests": ["assert f(1) == 2"]}
            for statement in statements
        ]
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        names.append(str(path))
    assert print_overlaps(names) == 0
    a, b, c = names
    assert capsys.readouterr().out.splitlines() == [
        f"1 of the 2 problems of {b} are in {a} (0 by id, 1 by text)",
        f"1 of the 2 problems of {a} are in {b} (0 by id, 1 by text)",
        f"compared: {a} (2), {b} (2), {c} (1)",
    ]


@real
def test_mbpp_plus_holds_training_problems() -> None:
    """108 of MBPP+'s task ids lie in 601-974, the published training split; and one text of the others is there too."""
    train = {row["task_id"]: row for row in raw("mbpp/mbpp.jsonl") if 601 <= row["task_id"] <= 974}
    plus = {row["task_id"]: row for row in raw("mbpp_plus/MbppPlus-OriginFmt.jsonl.gz")}
    ids = sorted(set(plus) & set(train))

    def words(value: str) -> list[str]:
        return "".join(char if char.isalnum() else " " for char in value.lower()).split()

    texts = [words(row["text"]) for row in train.values()]
    by_text = [number for number, row in plus.items() if number not in train and words(row["prompt"]) in texts]
    assert (len(ids), by_text) == (108, [427])
    found = find_overlap(published("mbpp:train").problems, published("mbpp_plus").problems)
    assert sorted(item.test_id for item in found if item.by_id) == sorted(f"Mbpp/{number}" for number in ids)
    assert [item.test_id for item in found if not item.by_id] == ["Mbpp/427"]


@real
def test_three_texts_of_mbpps_own_test_split_are_in_its_training_split() -> None:
    found = find_overlap(load_problems("mbpp:train"), load_problems("mbpp:test"))
    rows = {row["task_id"]: row["text"] for row in raw("mbpp/mbpp.jsonl")}
    assert [(item.test_id, item.train_id) for item in found] == [
        ("Mbpp/216", "Mbpp/872"), ("Mbpp/217", "Mbpp/602"), ("Mbpp/248", "Mbpp/704")
    ]  # fmt: skip
    assert [rows[a].rstrip(". ") for a in (216, 217, 248)] == [rows[b].rstrip(". ") for b in (872, 602, 704)]
    assert find_overlap(load_problems("builtin:train"), load_problems("builtin:test")) == []
