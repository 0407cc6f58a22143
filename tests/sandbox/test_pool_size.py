"""Boxes come while programs wait and go when none come."""

import time

import pytest

from sandbox.pool.pool import Pool
from sandbox.problem import FunctionTest, Problem
from sandbox.verdict import Verdict

pytestmark = pytest.mark.docker
PROBLEM = Problem(problem_id="waits", prompt="p", public_tests=(FunctionTest("assert f() == 1"),))
SLOW = "import time\ndef f():\n    time.sleep({})\n    return 1"


def boxes(pool: Pool) -> int:
    """Of workers, without the spare that waits."""
    return pool._crew.alive


def test_boxes_come_by_need_and_go() -> None:
    with Pool(boxes=3, least=1, idle_s=1.5, cached=False) as pool:
        assert boxes(pool) == 1
        started = time.monotonic()
        asked = [pool.submit(PROBLEM, SLOW.format(1 + number / 100), "public") for number in range(3)]
        assert [one.result().verdict for one in asked] == [Verdict.ACCEPTED] * 3
        assert boxes(pool) == 3 and time.monotonic() - started < 15
        end = time.monotonic() + 20
        while len(pool._factory._alive) > 2:
            assert time.monotonic() < end, f"{len(pool._factory._alive)} boxes are left"
            time.sleep(0.1)
        assert boxes(pool) == 1
        assert pool.judge(PROBLEM, SLOW.format(0), "public").verdict is Verdict.ACCEPTED
    assert not pool._factory._alive
