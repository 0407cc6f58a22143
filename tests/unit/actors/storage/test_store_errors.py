"""A store that fails: requests are repeated within bounds, then a sentence says what to do. Nothing half stays."""

import re
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from actors.storage import object_store
from actors.storage.address import AddressError
from actors.storage.parts import commit_part, committed_parts
from actors.storage.run_storage import RunStorage, open_storage
from actors.storage.store_errors import StorageError, explain_store_error
from pipeline.state.identity import StageIdentity
from pipeline.state.stage import StageOutput
from pipeline.state.store import Store
from tests.support.faulty_proxy import Fault, FaultyProxy, started_proxy
from tests.support.s3_server import CREDENTIALS, KEY_ID, SECRET

IDENTITY = StageIdentity(iteration=0, stage="things", settings={}, inputs={})


@pytest.fixture
def proxy(s3_endpoint: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    """Between this process and the server; requests are repeated twice, at once, and waited for 0.3 s."""
    short = {"init_backoff": timedelta(milliseconds=1), "max_backoff": timedelta(milliseconds=2)}
    retries = {"max_retries": 2, "retry_timeout": timedelta(seconds=5), "backoff": short}
    monkeypatch.setattr(object_store, "RETRIES", retries)
    monkeypatch.setattr(object_store, "PATIENCE", {"connect_timeout": "1s", "read_timeout": "300ms", "timeout": "10s"})
    with started_proxy(s3_endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.endpoint)
        yield proxy


@pytest.fixture
def storage(proxy: FaultyProxy, bucket: str) -> RunStorage:
    return open_storage(f"{bucket}/runs/a")


def first(times: int, fault: Fault, method: str = "PUT") -> Callable[[str, str], Fault | None]:
    """Only so many requests of a method go wrong."""
    left = times

    def faults(asked: str, path: str) -> Fault | None:
        nonlocal left
        if asked != method or left == 0:
            return None
        left -= 1
        return fault

    return faults


def sentence(act: Callable[[], object]) -> str:
    """What a person reads of the StorageError that is raised; neither there nor in its traceback is a credential."""
    with pytest.raises(StorageError) as caught:
        act()
    told = "".join(traceback.format_exception(caught.value))
    assert [value for value in CREDENTIALS.values() if value in told] == []
    return str(caught.value)


FAULTS = [Fault(), Fault(status=500, code="InternalError"), Fault(cut=True), Fault(late_s=0.6)]


@pytest.mark.parametrize("fault", FAULTS, ids=["503", "500", "cut", "late"])
def test_what_fails_twice_is_done_the_third_time(proxy: FaultyProxy, storage: RunStorage, fault: Fault) -> None:
    proxy.faults = first(2, fault)
    storage.write("a", b"whole")
    proxy.faults = first(2, fault, "GET")
    assert storage.read("a") == b"whole"
    assert [method for method, _ in proxy.requests] == ["PUT"] * 3 + ["GET"] * 3


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Fault(), r"answers 503 SlowDown, 3 times in \d+ s"),
        (Fault(status=500, code="InternalError"), r"answers 500 InternalError, 3 times in \d+ s"),
        (Fault(cut=True), r"the connection was lost, 3 times in \d+ s"),
        (Fault(late_s=0.6), r"no reply came in time, 3 times in \d+ s"),
    ],
    ids=["503", "500", "cut", "late"],
)
def test_what_goes_on_failing_is_said(proxy: FaultyProxy, storage: RunStorage, fault: Fault, said: str) -> None:
    proxy.faults = lambda method, path: fault
    started = time.monotonic()
    for act, what in ((lambda: storage.write("a", b"1"), "write"), (lambda: storage.read("a"), "read")):
        assert_matches(
            rf"{storage.root}/a: the store could not {what} it: {said}\. Check that it is up and reached from here "
            r"\(AWS_ENDPOINT_URL, the network\); the same command continues",
            sentence(act),
        )
    assert len(proxy.requests) == 6 and time.monotonic() - started < 10


def assert_matches(pattern: str, text: str) -> None:
    assert re.fullmatch(pattern, text), text


def test_a_store_that_is_not_there(storage: RunStorage, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}")
    said = sentence(lambda: open_storage(f"{bucket}/runs/a").list_names())
    assert_matches(rf"{bucket}/runs/a: the store could not list it: the connection was refused, 3 times in .*", said)


@pytest.mark.parametrize("code", ["AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"])
def test_what_is_forbidden_is_not_repeated(proxy: FaultyProxy, storage: RunStorage, code: str) -> None:
    proxy.faults = lambda method, path: Fault(status=403, code=code)
    for act, what in ((lambda: storage.write("a", b"1"), "write"), (lambda: storage.read("a"), "read")):
        assert_matches(
            rf"{storage.root}/a: the store refuses to {what} it \(403 {code}\)\. Check the credentials of the "
            r"environment, AWS_REGION, and that they have the rights that docs/storage\.md names",
            sentence(act),
        )
    assert len(proxy.requests) == 2


def test_a_bucket_that_is_not_there(bucket: str) -> None:
    storage = open_storage(f"{bucket}-typo/runs/a")
    acts = (lambda: storage.write("a", b"1"), lambda: storage.create("a", b"1"), lambda: storage.exists("a"))
    for act in acts:
        said = sentence(act)
        assert said.startswith(f"{bucket}-typo/runs/a") and said.endswith(
            "there is no such bucket; make it, or mend the address"
        )


@pytest.mark.parametrize(
    "text",
    [
        f"s3://{KEY_ID}:secret@bucket/runs",
        "s3://bucket/runs?secret_key=secret",
        "s3:///runs",
        "s3://bucket/runs#secret",
    ],
)
def test_an_address_says_where_and_nothing_else(text: str) -> None:
    with pytest.raises(AddressError, match="expected s3://bucket/path") as caught:
        open_storage(text)
    assert "secret" not in str(caught.value).partition("(")[0].split("expected")[0] and KEY_ID not in str(caught.value)


def test_a_file_whose_creation_was_answered_by_nothing_is_one_s_own(proxy: FaultyProxy, storage: RunStorage) -> None:
    proxy.faults = first(1, Fault(status=500, code="InternalError", carried_out=True))
    assert storage.create("a", b"mine")
    assert not storage.create("a", b"another's") and storage.read("a") == b"mine"


def test_texts_of_others_hold_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    said = explain_store_error(RuntimeError(f"no idea, {SECRET}\nmore"), "read", "s3://b/a")
    assert "no idea, …." in said and SECRET not in said and "more" not in said


# ---- stages ---------------------------------------------------------------------------------------------------------


def records(method: str, path: str) -> Fault | None:
    return Fault() if method == "PUT" and ".json" in path else None


def manifests(method: str, path: str) -> Fault | None:
    return Fault() if method == "PUT" and "manifest.json" in path else None


def test_a_part_without_its_record_is_none(proxy: FaultyProxy, storage: RunStorage) -> None:
    proxy.faults = records
    sentence(lambda: commit_part(storage.root, 0, pa.table({"a": [1]})))
    proxy.faults = lambda method, path: None
    assert committed_parts(storage.root) == {} and len(storage.list_names()) == 1
    commit_part(storage.root, 0, pa.table({"a": [1]}))
    assert list(committed_parts(storage.root)) == [0]


def test_a_stage_without_its_manifest_is_not_finished_and_its_parts_are_kept(
    proxy: FaultyProxy, storage: RunStorage
) -> None:
    store = Store(storage.root)
    commit_part(store.prepare(IDENTITY), 0, pa.table({"a": [1]}))
    proxy.faults = manifests
    assert "answers 503 SlowDown" in sentence(lambda: store.commit(IDENTITY, StageOutput(), time.monotonic()))
    proxy.faults = lambda method, path: None
    assert Store(storage.root).find(0, "things") is None
    finished = Store(storage.root).commit(IDENTITY, StageOutput(), time.monotonic())
    assert finished.rows == 1 and Store(storage.root).find(0, "things") == finished


def test_large_files_go_in_pieces_and_are_whole_or_not_there(
    proxy: FaultyProxy, storage: RunStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_store, "PIECE_BYTES", 5 << 20)
    (tmp_path / "weights").write_bytes(bytes(range(256)) * (12 << 12))
    proxy.faults = lambda method, path: Fault() if "partNumber=2" in path else None
    assert "answers 503 SlowDown" in sentence(lambda: storage.upload(tmp_path / "weights", "model"))
    assert not storage.exists("model")
    proxy.faults = first(2, Fault())
    storage.upload(tmp_path / "weights", "model")
    proxy.faults = first(2, Fault(), "GET")
    storage.download("model", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == (tmp_path / "weights").read_bytes()
    assert sum("partNumber" in path for _, path in proxy.requests) > 6
