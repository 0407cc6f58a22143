"""A driver holds its directory while it works; once it has lost it, it commits nothing."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from actors.storage.checkpoint import Checkpoint
from actors.storage.run_storage import BACKENDS
from actors.storage.store_errors import StorageError
from pipeline.cluster.interruption import interrupt_at_sigterm
from pipeline.errors import StoreError
from pipeline.state.identity import StageIdentity
from pipeline.state.lease.files import LeaseFiles
from pipeline.state.lease.held import LeaseLostError
from pipeline.state.lease.holding import held_lease
from pipeline.state.lease.record import parse_record
from pipeline.state.run_files import RunFiles
from pipeline.state.stage import Stage, StageOutput
from pipeline.state.store import Store
from sandbox.errors import ENDED_IN_THE_MIDDLE
from tests.support.lease_drivers import STAGE, begin_stage, elsewhere, take_elsewhere
from tests.support.memory_storage import MemoryStorage
from tests.support.small_study import wait_until

LONG_S, SHORT_S = 600.0, 0.15


def finish(store: Store) -> None:
    begin_stage(store)
    store.commit(STAGE, StageOutput(), time.monotonic())


def newest(root: str) -> LeaseFiles:
    return LeaseFiles(RunFiles(root))


def test_it_is_held_while_the_body_lasts_and_let_go_after_it(root: str) -> None:
    store = Store(root)
    with held_lease(store, LONG_S):
        driver = json.loads(store.read("driver.json"))
        assert driver.keys() == {"host", "pid", "started"} and driver["pid"] == os.getpid()
        with pytest.raises(StoreError, match="is being written by process"), held_lease(Store(root), LONG_S):
            raise AssertionError("two hold it")
        finish(store)
    assert store.find(0, "things") is not None
    with held_lease(Store(root), LONG_S):
        pass


@pytest.mark.parametrize("kind", [KeyError, KeyboardInterrupt, SystemExit])
def test_it_is_let_go_however_the_body_ends(root: str, kind: type[BaseException]) -> None:
    with pytest.raises(kind), held_lease(Store(root), LONG_S):
        raise kind
    there = newest(root).newest()
    assert there and there.record and there.record.released


def test_one_that_was_taken_over_begins_removes_and_commits_nothing(tmp_path: Path) -> None:
    """As after a sleep: nothing was renewed meanwhile."""
    root = str(tmp_path / "run")
    store = Store(root)
    step = Stage(name="things", title="things", config_fields=(), function=lambda _: StageOutput(), recomputed=True)
    with pytest.raises(LeaseLostError) as lost, held_lease(store, LONG_S):
        begin_stage(store)
        newest(root).create(2, elsewhere())
        other = StageIdentity(iteration=0, stage="things", settings={"a": 1}, inputs={})
        for act in (
            lambda: store.commit(STAGE, StageOutput(), time.monotonic()),
            lambda: store.prepare(STAGE),
            lambda: store.discard_stale(step, other),
        ):
            with pytest.raises(
                LeaseLostError, match="was taken over by process 12 on host b, since this driver gave no"
            ):
                act()
        raise KeyError("what a stage may make of that")
    assert lost.value.exit_status == ENDED_IN_THE_MIDDLE and "the other one finish, or stop it" in str(lost.value)
    assert not store.exists("iter_0000", "things", "manifest.json") and store.exists(
        "iter_0000", "things", "begun.json"
    )
    there = newest(root).newest()
    assert there and there.number == 2 and there.record and not there.record.released


def test_a_file_that_says_nothing_above_ones_own_is_a_lost_lease(root: str) -> None:
    store = Store(root)
    with pytest.raises(LeaseLostError, match="run/lease no longer says that this driver"), held_lease(store, LONG_S):
        store.files.write(b"?", "lease", "000002.json")
        store.guard()


def test_a_lease_file_that_was_removed_is_written_again(root: str) -> None:
    store = Store(root)
    with held_lease(store, LONG_S):
        store.files.delete("lease", "000001.json")
        store.guard()
        assert renewals(root) == 1


def test_two_that_finish_one_stage_leave_one_manifest(tmp_path: Path) -> None:
    """Suspended between the look at its lease and the manifest, for longer than anybody waits."""
    late, other = Store(str(tmp_path)), Store(str(tmp_path))
    begin_stage(late)
    other.commit(STAGE, StageOutput(), time.monotonic() - 60)
    there = other.read("iter_0000", "things", "manifest.json")
    assert late.commit(STAGE, StageOutput(), time.monotonic()).seconds >= 60  # equal rows: the other's is returned
    weights = StageOutput(checkpoint=Checkpoint(path="checkpoint", policy_id="others"))
    with pytest.raises(StoreError, match="was finished by another driver meanwhile"):
        late.commit(STAGE, weights, time.monotonic())
    assert late.read("iter_0000", "things", "manifest.json") == there


def renewals(root: str) -> int:
    there = newest(root).newest()
    return there.record.renewals if there and there.record else -1


def test_it_is_renewed_by_itself(root: str) -> None:
    with held_lease(Store(root), SHORT_S):
        wait_until(lambda: renewals(root) > 2, deadline_s=60)


def test_what_fails_is_tried_again_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Unreachable(MemoryStorage):
        failed, fails = 0, False

        def write(self, name: str, data: bytes) -> None:
            if Unreachable.fails:
                Unreachable.failed += 1
                raise StorageError("the store does not answer")
            super().write(name, data)

    monkeypatch.setitem(BACKENDS, "memory", Unreachable)
    root = f"memory:/{tmp_path}/run"
    store = Store(root)
    with held_lease(store, SHORT_S):
        begin_stage(store)
        Unreachable.fails = True
        wait_until(lambda: Unreachable.failed > 2, deadline_s=60)
        with pytest.raises(StorageError):
            store.commit(STAGE, StageOutput(), time.monotonic())
        assert not store.exists("iter_0000", "things", "manifest.json")
        Unreachable.fails, before = False, renewals(root)
        wait_until(lambda: renewals(root) > before, deadline_s=60)
        store.commit(STAGE, StageOutput(), time.monotonic())
        Unreachable.fails = True
    said = capsys.readouterr().out
    assert said.count("the lease could not be renewed, and is tried again: the store does not answer") in (1, 2)
    assert "not let go (the store does not answer); a driver on another host waits" in said


def test_a_driver_at_work_is_told_at_once(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    handler = signal.getsignal(signal.SIGTERM)
    interrupt_at_sigterm()
    try:
        with pytest.raises(LeaseLostError), held_lease(Store(root), SHORT_S):
            newest(root).create(2, elsewhere())
            time.sleep(60)
            raise AssertionError("nobody has told it")
    finally:
        signal.signal(signal.SIGTERM, handler)
    assert "was taken over by process 12 on host b" in capsys.readouterr().out


def test_a_holder_elsewhere_is_known_by_its_file(root: str) -> None:
    leases, number, record = take_elsewhere(root)
    assert parse_record(leases.read(number)) == record and leases.path_of(number) == f"{root}/lease/000001.json"
