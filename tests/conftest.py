"""Which tests run beside which under `-n 2`: whole runs mostly wait, so everything else runs beside them."""

import pytest
from xdist.remote import Producer
from xdist.scheduler.loadscope import LoadScopeScheduling
from xdist.scheduler.protocol import Scheduling


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
