"""The undisturbed runs, once per session; MUCODE_KILLS_REFERENCE names a folder that keeps them for the next one."""

import os
from pathlib import Path

import pytest

from tests.kills.disturbed import Reference


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    kept = os.environ.get("MUCODE_KILLS_REFERENCE")
    folder = Path(kept) if kept else tmp_path_factory.mktemp("reference")
    folder.mkdir(parents=True, exist_ok=True)
    return Reference(folder)
