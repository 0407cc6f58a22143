"""MBPP: the first assert is public, the others and the challenge tests are private."""

from sandbox.errors import ProblemError
from sandbox.languages import python
from sandbox.problem import FunctionTest, Problem
from sandbox.problems.sources import Row, published

FILE, HUB_NAME, CONFIGURATION = "mbpp/mbpp.jsonl", "google-research-datasets/mbpp", "full"
SPLITS = {"prompt": range(1, 11), "test": range(11, 511), "validation": range(511, 601), "train": range(601, 975)}


def load(split: str | None = None) -> list[Problem]:
    """All 974 problems or those of one split, by task id. Raises ProblemError."""
    if split is not None and split not in SPLITS:
        raise ProblemError(f"mbpp has no split {split!r}; choose one of {', '.join(SPLITS)}")
    wanted = range(1, 975) if split is None else SPLITS[split]
    rows = sorted(published(FILE, HUB_NAME, CONFIGURATION), key=lambda row: int(row["task_id"]))
    return [_problem(row) for row in rows if row["task_id"] in wanted]


def _problem(row: Row) -> Problem:
    tests = [*row["test_list"], *row["challenge_test_list"]]
    return Problem(
        problem_id=f"Mbpp/{row['task_id']}",
        prompt=row["text"],
        public_tests=(FunctionTest(tests[0]),),
        private_tests=tuple(FunctionTest(test) for test in tests[1:]),
        setup=_lines(row["test_setup_code"]),
        entry_point=python.tested_name(tests),
        reference=_lines(row["code"]),
    )


def _lines(text: str) -> str:
    """The publisher's file has carriage returns."""
    return text.replace("\r\n", "\n")
