from pathlib import Path

import pytest

from pipeline.state.store import Store
from tests.support.small_run import small_run


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return small_run(tmp_path)
