"""What stops a sampling stage: a sandbox that fails, never tests that cannot be judged; those are named."""

from pathlib import Path

import pyarrow as pa
import pytest

from actors.search.episode import EPISODE_SCHEMA, Episode
from actors.search.episode_counts import episode_counts
from actors.search.plan import SearchPlan
from actors.storage.parts import commit_part
from pipeline.stages.infrastructure_rate import InfrastructureRateError, require_sandbox
from pipeline.stages.rollouts import _unjudged
from tests.support.episodes import INFRA, UNJUDGED, A, answer, episode, right


def commit(directory: Path, part: int, *episodes: Episode) -> None:
    table = pa.Table.from_pylist([one.to_row() for one in episodes], schema=EPISODE_SCHEMA)
    commit_part(str(directory), part, table, episode_counts(list(episodes), [SearchPlan(turns=1)]))


def test_unjudged_problems_are_named_and_stop_nothing(tmp_path: Path) -> None:
    commit(tmp_path, 0, episode("e0", right("r"), problem="sound"))
    assert _unjudged(str(tmp_path)) == {}
    unjudged = [episode(f"e{n}", answer("a", A, UNJUDGED), problem=f"bad{n % 2}") for n in range(9)]
    commit(tmp_path, 1, *unjudged, episode("f", right("r"), problem="sound"))
    require_sandbox(str(tmp_path), 0.0)
    assert _unjudged(str(tmp_path)) == {"unjudged_problems": ["bad0", "bad1"]}
    commit(tmp_path, 2, episode("g", answer("a", INFRA), infrastructure=True))
    with pytest.raises(InfrastructureRateError, match="the sandbox failed in 1 of 12 episodes"):
        require_sandbox(str(tmp_path), 0.0)
