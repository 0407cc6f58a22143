"""Which state a run is in, by what its driver says and what it last wrote."""

import dataclasses

import pytest

from pipeline.overview.driver import Driver
from pipeline.overview.state import STALLED_S, run_state
from pipeline.trackers.status_file import StatusRecord

NOW = 1_000_000.0
HERE, GONE = Driver(host="a", pid=7, alive=True), Driver(host="a", pid=7, alive=False)
ELSEWHERE = Driver(host="b", pid=7, alive=None)
RECORD = StatusRecord(
    kind="run",
    host="a",
    pid=7,
    written=NOW - 3,
    heartbeat_s=5.0,
    moved=NOW - 9,
    stage=None,
    stages=22,
    stages_done=3,
    later_s=None,
    episodes=0,
    infrastructure=0,
    unjudged=0,
    size_bytes=0,
    checkpoint_bytes=0,
    workers_lost=0,
    notices=(),
)


def record(**changes: object) -> StatusRecord:
    return dataclasses.replace(RECORD, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("driver", "found", "state", "told"),
    [
        (HERE, RECORD, "running", "its process 7 on this host is alive"),
        (HERE, None, "running", "its process 7 on this host is alive"),
        (HERE, record(moved=NOW - 2 * STALLED_S), "stalled", "is alive, and nothing moved for 20 min"),
        (HERE, record(ended="failed", pid=6), "running", "alive"),  # a resume that has not written yet
        (HERE, record(moved=NOW - 2 * STALLED_S, pid=6), "running", "alive"),
        (HERE, record(ended="finished"), "finished", "its driver said so 3 s ago"),  # a study's goes on with others
        (GONE, RECORD, "stopped", "its process 7 on this host is gone, and did not say that it ended"),
        (GONE, None, "stopped", "is gone"),
        (GONE, record(ended="failed", error="boom"), "failed", "its driver said so 3 s ago"),
        (GONE, record(ended="interrupted"), "stopped", "it was interrupted"),
        (ELSEWHERE, record(host="b"), "running", "its driver on b wrote 3 s ago"),
        (ELSEWHERE, record(host="b", written=NOW - 60), "stalled", "nothing was written for 60 s; its driver on b"),
        (ELSEWHERE, record(host="b", moved=NOW - 3600), "stalled", "wrote 3 s ago, and nothing moved for 1 h 00 min"),
        (ELSEWHERE, record(host="b", ended="finished"), "finished", "said so"),
        (ELSEWHERE, None, "stopped", "its driver on b cannot be asked from here"),
        (None, None, "stopped", "it names no driver"),
        (None, record(host="b"), "running", "its driver on b wrote 3 s ago"),
    ],
)
def test_the_state_and_how_it_is_known(
    driver: Driver | None, found: StatusRecord | None, state: str, told: str
) -> None:
    answer = run_state(found, driver, NOW)
    assert answer.state == state and told in answer.told_by
