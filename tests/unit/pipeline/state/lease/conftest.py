from pathlib import Path

import pytest

from actors.storage.run_storage import BACKENDS
from tests.support.memory_storage import MemoryStorage


@pytest.fixture(params=["disk", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of a run directory in which there is nothing yet."""
    monkeypatch.setitem(BACKENDS, "memory", MemoryStorage)
    return {"disk": str(tmp_path / "run"), "memory": f"memory:/{tmp_path}/run"}[request.param]
