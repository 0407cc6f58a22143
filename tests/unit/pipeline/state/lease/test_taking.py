"""Who drives: what is free is taken, what lives is refused, what is silent is waited for, by the observer's clock."""

import json
import os
import socket
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from pipeline.errors import StoreError
from pipeline.state.lease.files import LeaseFiles
from pipeline.state.lease.held import HeldLease
from pipeline.state.lease.record import LeaseRecord, new_record, parse_record, this_process
from pipeline.state.lease.taking import require_no_driver, take_lease
from pipeline.state.run_files import RunFiles
from sandbox.errors import NOTHING_DONE
from sandbox.processes import start_time
from tests.support.lease_drivers import FakeClock, elsewhere, take_elsewhere

LEASE_S = 30.0


def take(root: str, clock: FakeClock | None = None, me: LeaseRecord | None = None) -> int:
    return take_lease(RunFiles(root), me or new_record(LEASE_S), (clock or FakeClock()).waiting)


def ended_process() -> LeaseRecord:
    """Of a driver of this machine that is dead; its status was not asked for, as by a container's first process."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = start_time(process.pid) or ""
    assert started and process.stdin
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    return new_record(LEASE_S, replace(this_process(), pid=process.pid, started=started))


def test_a_free_directory_is_taken_and_each_driver_gets_the_next_number(root: str) -> None:
    leases, clock = LeaseFiles(RunFiles(root)), FakeClock()
    for number in (1, 2, 3):
        record = new_record(LEASE_S)
        assert take(root, clock, record) == number
        HeldLease(leases, number, record).let_go()
    assert RunFiles(root).names("lease") == ["000003.json"] and clock.seconds == 0


def test_a_living_process_of_this_machine_is_refused_at_once(root: str) -> None:
    take(root)
    clock = FakeClock()
    with pytest.raises(StoreError, match=rf"run is being written by process {os.getpid()} on this machine; wait") as no:
        take(root, clock)
    assert no.value.exit_status == NOTHING_DONE and clock.seconds == 0
    with pytest.raises(StoreError, match="is being written by"):
        require_no_driver(RunFiles(root))


def test_one_that_has_ended_is_followed_at_once(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    dead, clock = ended_process(), FakeClock()
    assert take(root, me=dead) == 1
    require_no_driver(RunFiles(root))
    assert take(root, clock) == 2 and clock.seconds == 0
    said = capsys.readouterr().out
    assert f"process {dead.process.pid} on this machine, ended without a word; this one takes over" in said


def test_an_id_that_is_used_again_is_another_process(root: str) -> None:
    before = replace(this_process(), started="1")
    take(root, me=new_record(LEASE_S, before))
    assert take(root) == 2


def test_a_silent_driver_of_another_host_is_waited_for_and_followed(
    root: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """For the time that it promised, not for that of the observer; its clock may be wrong by years."""
    wrong = replace(elsewhere(lease_s=45), renewed="1970-01-01 00:00:00+00:00")
    take(root, me=wrong)
    clock = FakeClock()
    assert take(root, clock) == 2 and 45 <= clock.seconds < 48
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"{root} is held by process 12 on host b, last renewed 1970-01-01 00:00:00+00:00 by its clock; waiting 45 s to "
        "see whether it is alive",
        f"{root}: its driver gave no sign for 45 s; this one takes over",
    ]


def test_one_that_renews_is_refused(root: str) -> None:
    leases, number, record = take_elsewhere(root)
    clock = FakeClock(events={20: lambda: leases.write(number, record.again())})
    with pytest.raises(StoreError, match=r"by process 12 on host b, which is alive.* takes over 30 s later") as refused:
        take(root, clock)
    assert refused.value.exit_status == NOTHING_DONE and 20 <= clock.seconds < 22
    assert RunFiles(root).names("lease") == ["000001.json"]
    require_no_driver(RunFiles(root))  # waits for nobody, so it cannot know


def test_one_that_lets_go_is_followed_at_once(root: str) -> None:
    leases, number, record = take_elsewhere(root)
    clock = FakeClock(events={10: lambda: leases.write(number, record.again(released=True))})
    assert take(root, clock) == 2 and clock.seconds < 12


def test_a_third_driver_that_was_faster_is_watched_in_its_turn(root: str) -> None:
    leases, _, _ = take_elsewhere(root)
    third = elsewhere("c")

    def faster() -> None:
        assert leases.create(2, third)

    clock = FakeClock(events={10: faster, 30: lambda: leases.write(2, third.again())})
    with pytest.raises(StoreError, match="process 12 on host c, which is alive"):
        take(root, clock)
    assert 30 <= clock.seconds < 35 and take_elsewhere(root, "d")[1] == 3


def test_one_that_wakes_at_the_last_moment_keeps_the_directory(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It renews after the last look at it, before its follower's file is there."""
    leases, number, record = take_elsewhere(root)
    holder, create = HeldLease(leases, number, record), LeaseFiles.create

    def late(leases: LeaseFiles, number: int, record: LeaseRecord) -> bool:
        holder.renew()
        return create(leases, number, record)

    monkeypatch.setattr(LeaseFiles, "create", late)
    with pytest.raises(StoreError, match="which is alive"):
        take(root)
    assert RunFiles(root).names("lease") == ["000001.json"]
    holder.renew()


@pytest.mark.parametrize("junk", [b"", b"{", b"[1]", b'{"holder": "x", "process": {}}', b"\xff\x00", "truncated"])
def test_what_no_driver_wrote_is_watched_for_ones_own_time(
    root: str, junk: bytes | str, capsys: pytest.CaptureFixture[str]
) -> None:
    files, clock = RunFiles(root), FakeClock()
    data = elsewhere().encode()[:-9] if isinstance(junk, str) else junk
    files.write(data, "lease", "000007.json")
    files.write(b"?", "lease", "notes.txt")
    assert take(root, clock) == 8 and LEASE_S <= clock.seconds < LEASE_S + 3
    assert (
        "lease/000007.json does not say which driver holds the run directory; waiting 30 s" in capsys.readouterr().out
    )
    assert files.names("lease") == ["000008.json", "notes.txt"]


def test_what_no_driver_wrote_and_changes_is_refused(root: str) -> None:
    files = RunFiles(root)
    files.write(b"one", "lease", "000007.json")
    clock = FakeClock(events={10: lambda: files.write(b"two", "lease", "000007.json")})
    with pytest.raises(StoreError, match=r"000007\.json does not say which .* and changes: find who writes it"):
        take(root, clock)


def test_a_newer_version_s_record_is_read(root: str) -> None:
    record = elsewhere()
    assert parse_record(record.encode()) == record
    assert parse_record(json.dumps(json.loads(record.encode()) | {"colour": "red"}).encode()) == record
    assert parse_record(replace(record, lease_s=1e9).encode()) is None


def test_of_eight_at_once_one_wins(root: str) -> None:
    race(root, rounds=20)


def race(root: str, rounds: int) -> None:
    for number in range(rounds):
        won, refused = compete(f"{root}/{number}")
        assert (won, len(refused)) == ([1], 7), refused


def compete(place: str) -> tuple[list[int], list[str]]:
    """Eight take a directory at the same moment: the numbers of those that got it, and what the others were told."""
    gate, won, refused = threading.Barrier(8), list[int](), list[str]()

    def one() -> None:
        gate.wait()
        try:
            won.append(take(place))
        except StoreError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won, refused


# ---- drivers of versions that know no lease -------------------------------------------------------------------------


def old_driver(root: str, **changed: object) -> None:
    """driver.json as such a version writes it; of this process's parent, which lives."""
    parent = os.getppid()
    body = {"host": socket.gethostname(), "pid": parent, "started": start_time(parent)} | changed
    RunFiles(root).write(json.dumps(body).encode(), "driver.json")


def test_a_living_driver_of_an_older_version_is_refused(root: str) -> None:
    old_driver(root)
    for ask in (lambda: take(root), lambda: require_no_driver(RunFiles(root))):
        with pytest.raises(StoreError, match=f"by process {os.getppid()} on this machine; wait or stop it"):
            ask()


@pytest.mark.parametrize(
    "changed", [{"started": "1"}, {"host": "b"}, {"pid": 2**22 - 1}, {"pid": "x"}, {"started": ""}]
)
def test_one_that_has_ended_or_cannot_be_asked_is_followed(root: str, changed: dict[str, object]) -> None:
    old_driver(root, **changed)
    assert take(root) == 1


@pytest.mark.parametrize("junk", [b'{"host": "a', b"[]", b""])
def test_a_damaged_driver_file_stops_nobody(root: str, junk: bytes) -> None:
    RunFiles(root).write(junk, "driver.json")
    assert take(root) == 1


def test_what_a_driver_left_that_has_let_go_and_lives_on_stops_nobody(root: str) -> None:
    """As a study's worker does, which goes on with another run."""
    parent = os.getppid()
    record = new_record(LEASE_S, replace(this_process(), pid=parent, started=start_time(parent) or ""))
    old_driver(root)
    LeaseFiles(RunFiles(root)).create(4, record.again(released=True))
    assert take(root) == 5
