"""Verdicts do not change with the machine's load, and load does not pile up."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from sandbox.errors import Overloaded
from sandbox.pool.pool import Pool
from sandbox.problem import Limits
from sandbox.verdict import Verdict
from tests.sandbox.problems import function

TIGHT = Limits(cpu_limit_s=1.0, wall_limit_s=0.6, memory_mib=256)
PROBLEM = function("assert f(3) == [3, 6]", limits=TIGHT)
BUSY = "import time\nwhile time.process_time() < {cpu_s}: pass\ndef f(x): return [x, 2 * x]\n# {n}"


@pytest.mark.usefixtures("engine")
def test_time_without_a_core_is_no_wall_time() -> None:
    """Six programs of 0.4 CPU-s at once: on two cores each needs 1.2 s, twice its wall limit. A sleeper times out."""
    with Pool(boxes=6) as pool:
        busy = [pool.submit(PROBLEM, BUSY.format(cpu_s=0.4, n=n), "private") for n in range(12)]
        sleeper = pool.submit(PROBLEM, "import time\ntime.sleep(60)", "private")
        assert [future.result().verdict for future in busy] == [Verdict.ACCEPTED] * 12
        outcome = sleeper.result()
    assert outcome.verdict is Verdict.TIME_LIMIT and "wall" in outcome.message and outcome.wall_s < 3


@pytest.mark.usefixtures("engine")
def test_a_wall_timeout_without_computing_counts_only_twice() -> None:
    """It waits for a moment: beyond the wall limit of its first run, within that of its second."""
    with Pool(boxes=1) as pool:
        assert pool.judge(PROBLEM, "def f(x): return [x, 2 * x]", "private").accepted  # the box is warm
        moment = time.time() + 1.5 * TIGHT.wall_limit_s
        program = f"import time\ntime.sleep(max(0, {moment} - time.time()))\ndef f(x): return [x, 2 * x]"
        assert pool.judge(PROBLEM, program, "private").accepted


def test_many_questions_have_their_outcomes_in_order(pool: Pool) -> None:
    questions = [(PROBLEM, f"def f(x): return [x, {n} * x]", "private") for n in range(40)]
    outcomes = pool.judge_many(questions)  # type: ignore[arg-type]
    assert [n for n, outcome in enumerate(outcomes) if outcome.accepted] == [2]


@pytest.mark.usefixtures("engine")
def test_a_full_pool_makes_its_callers_wait_and_then_refuses() -> None:
    slow = replace(PROBLEM, limits=replace(TIGHT, wall_limit_s=5.0))
    with Pool(boxes=1, queued=2, submit_deadline_s=0.2) as pool:
        futures = [pool.submit(slow, "import time\ntime.sleep(1)\ndef f(x): return 0", "private")]
        time.sleep(0.3)  # the worker has taken it
        futures += [pool.submit(slow, f"def f(x): return {n}", "private") for n in range(2)]
        with pytest.raises(Overloaded, match=r"0\.2 s"):
            pool.submit(slow, "def f(x): return 'one too many'", "private")
        assert [future.result().verdict for future in futures] == [Verdict.WRONG_ANSWER] * 3


@pytest.mark.usefixtures("engine")
def test_whoever_waits_for_room_in_a_pool_that_closes_gets_an_answer() -> None:
    pool = Pool(boxes=1, cached=False, queued=1)
    ask = partial(pool.judge, PROBLEM, "import time\ntime.sleep(0.1)\ndef f(x): return [x, 2 * x]", "private")
    with ThreadPoolExecutor(12) as callers:
        waiting = [callers.submit(ask) for _ in range(12)]
        time.sleep(0.5)  # one runs, one is queued, the others wait in `submit`
        pool.close()
        verdicts = {future.result(timeout=20).verdict for future in waiting}
    assert verdicts <= {Verdict.ACCEPTED, Verdict.INFRASTRUCTURE_ERROR}


def test_a_run_near_its_cpu_limit_is_run_again_before_it_counts(engine: None) -> None:
    """The first run computes for 1.3 times its limit, the second finds that time over."""
    problem = function("assert f(3) == [3, 6]", limits=Limits(cpu_limit_s=1, wall_limit_s=20))
    with Pool(boxes=1) as pool:
        for _ in range(5):  # beside other work the first run may stay below its limit
            slow = f"import time\nwhile time.time() < {time.time() + 1.3}: pass\ndef f(x): return [x, 2 * x]"
            outcome = pool.judge(problem, slow, "private")
            assert outcome.accepted
            if outcome.cpu_s < 0.5:  # of the second run
                return
    pytest.fail("no run was repeated")
