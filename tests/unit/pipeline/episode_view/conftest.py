import pytest

from pipeline.state.store import Store
from tests.support.many_episodes import write_many_episodes
from tests.support.small_run import small_run


@pytest.fixture(scope="package")
def small(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """1205 episodes of five stages; nobody writes there."""
    return small_run(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="package")
def many(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """300 episodes: rollouts with scores, and best-of-N searches that are not finished; nobody writes there."""
    return write_many_episodes(tmp_path_factory.mktemp("runs") / "many", 300, unfinished=True)
