"""Leases in an object store: the server alone decides who makes a file. moto's honours `If-None-Match: *`, which is all
that a lease asks of a store."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from actors.storage import object_store
from actors.storage.store_errors import StorageError
from pipeline.state.lease.files import LeaseFiles
from pipeline.state.lease.held import HeldLease, LeaseLostError
from pipeline.state.lease.record import new_record
from pipeline.state.lease.taking import take_lease
from pipeline.state.run_files import RunFiles
from tests.support.faulty_proxy import Fault, FaultyProxy, started_proxy
from tests.support.lease_drivers import FakeClock, take_elsewhere
from tests.unit.pipeline.state.lease.test_taking import race


@pytest.fixture
def proxy(s3_endpoint: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    """Between this process and the server; requests are repeated twice, at once."""
    short = {"init_backoff": timedelta(milliseconds=1), "max_backoff": timedelta(milliseconds=2)}
    retries = {"max_retries": 2, "retry_timeout": timedelta(seconds=5), "backoff": short}
    monkeypatch.setattr(object_store, "RETRIES", retries)
    with started_proxy(s3_endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        yield proxy


def lose_replies(proxy: FaultyProxy, times: int) -> None:
    """Of the next PUTs: they are carried out, and answered by an error."""
    left = [Fault(carried_out=True)] * times
    proxy.faults = lambda method, path: left.pop() if method == "PUT" and left else None


def test_of_eight_at_once_one_wins(bucket: str) -> None:
    race(f"{bucket}/runs", rounds=20)


def test_a_file_whose_reply_was_lost_is_known_as_ones_own(proxy: FaultyProxy, bucket: str) -> None:
    files, record = RunFiles(f"{bucket}/runs/a"), new_record(60)
    lose_replies(proxy, 1)
    number = take_lease(files, record)
    assert number == 1 and [method for method, _ in proxy.requests].count("PUT") == 2
    lease = HeldLease(LeaseFiles(files), number, record)
    lose_replies(proxy, 2)
    lease.renew()
    lose_replies(proxy, 1)
    lease.let_go()
    assert take_lease(files, new_record(60), FakeClock().waiting) == 2


def test_a_store_out_of_reach_proves_nothing_and_what_it_says_later_counts(proxy: FaultyProxy, bucket: str) -> None:
    root = f"{bucket}/runs/a"
    files, record = RunFiles(root), new_record(60)
    lease = HeldLease(LeaseFiles(files), take_lease(files, record), record)
    for _ in range(2):
        proxy.faults = lambda method, path: Fault()
        with pytest.raises(StorageError, match="the store could not write it: answers 503"):
            lease.renew()
        proxy.faults = lambda method, path: None
        lease.renew()
    LeaseFiles(files).create(2, new_record(60))
    with pytest.raises(LeaseLostError):
        lease.renew()


def test_a_silent_driver_is_followed_and_hears_of_it(bucket: str) -> None:
    root = f"{bucket}/runs/a"
    leases, number, record = take_elsewhere(root)
    clock = FakeClock()
    assert take_lease(RunFiles(root), new_record(60), clock.waiting) == 2 and clock.seconds >= 30
    with pytest.raises(LeaseLostError):
        HeldLease(leases, number, record).renew()
