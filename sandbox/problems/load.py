"""Problems by name or from a file."""

from pathlib import Path

from sandbox.errors import ProblemError
from sandbox.problem import Problem
from sandbox.problems import humaneval, jsonl, mbpp

NAMES = "mbpp, mbpp:train|validation|test|prompt, humaneval, builtin:train|validation|test"


def load(name_or_path: str) -> list[Problem]:
    """The problems of a data set that has a name, or of a JSONL file (also .jsonl.gz). Raises ProblemError."""
    name, _, split = name_or_path.partition(":")
    if name == "mbpp":
        return mbpp.load(split or None)
    if name == "humaneval":
        return humaneval.load(split or None)
    if name == "builtin":
        from sandbox.problems import family

        try:
            return family.load(split)
        except ValueError as error:
            raise ProblemError(str(error)) from error
    path = Path(name_or_path)
    if not path.is_file():
        raise ProblemError(f"{name_or_path} is neither a file nor a data set; the names are {NAMES}")
    return jsonl.load(path)
