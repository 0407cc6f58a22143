from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.small_run import arguments, finish, start


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def undisturbed(runs: Path) -> Iterator[Path]:
    """A finished small run that nothing disturbed."""
    log = runs / "undisturbed.log"
    finish(start(*arguments(runs, "undisturbed"), log=log), log)
    yield runs / "undisturbed"
