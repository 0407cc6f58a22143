from pathlib import Path

import pytest

from tests.support.small_study import execute_fake_study, write_study


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of a study that was executed at once."""
    file = write_study(tmp_path_factory.mktemp("undisturbed"))
    assert execute_fake_study(file) == 0
    return file.parent / "small"
