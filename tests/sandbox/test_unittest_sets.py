"""References of BigCodeBench that need libraries, and what does nothing. Slow: the first run installs an image."""

import random

import pytest

from sandbox.pool.pool import Pool
from sandbox.problems.load import load_problems
from sandbox.problems.null_stub import null_stub
from tests.support.libraries import PACKAGES

COUNT = 40
UNJUDGED = {"BigCodeBench/846", "BigCodeBench/967", "BigCodeBench/1090", "BigCodeBench/1131"}
"""They hand over what cannot cross: docs/results/sandbox.md."""


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_references_with_libraries_are_accepted_and_what_does_nothing_is_not(data: None) -> None:
    problems = [problem for problem in load_problems("bigcodebench", PACKAGES) if problem.imports]
    problems = [problem for problem in problems if problem.problem_id not in UNJUDGED]
    some = random.Random(1).sample(problems, COUNT)
    with Pool(boxes=2, packages=PACKAGES) as pool:
        right = [(one.problem_id, pool.submit(one, one.reference or "", "private")) for one in some]
        empty = [(one.problem_id, pool.submit(one, null_stub(one) or "", "private")) for one in some]
        assert [(name, out) for name, future in right if not (out := future.result(600)).accepted] == []
        assert [name for name, future in empty if future.result(600).label is not False] == []
