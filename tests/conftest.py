"""Which tests run beside which under `-n 2`: whole runs mostly wait, so everything else runs beside them."""

import uuid
from collections.abc import Iterator

import pytest
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling
from xdist.scheduler.protocol import Scheduling

from tests.support.s3_server import environment, make_bucket, started_server


class RoomScheduling(LoadScopeScheduling):
    """Tests of one room share a run, a Ray or a pool, so one worker runs them all; unit tests go by file."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::")[0]
        room = file.split("/")[1]
        return file if room == "unit" else room


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    config.option.loadscopereorder = False  # the rooms in their order: the longest, tests/e2e, is the first
    return RoomScheduling(config, log)


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """Of a server that speaks S3, for all tests of a worker."""
    with started_server() as endpoint:
        yield endpoint


@pytest.fixture
def bucket(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an empty bucket, which the environment allows to use."""
    for name, value in environment(s3_endpoint).items():
        monkeypatch.setenv(name, value)
    return make_bucket(s3_endpoint, f"test-{uuid.uuid4().hex[:12]}")
