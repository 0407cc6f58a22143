"""Which answers the stage of scores asks a verifier about, by the run's strategy and by who else reads the stage."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

from actors.search.episode import EPISODE_SCHEMA, Episode
from actors.storage.checkpoint import Checkpoint
from actors.storage.parquet import read_rows
from actors.storage.parts import commit_part, committed_parts
from pipeline.config.load import load_config
from pipeline.errors import StoreError
from pipeline.stages import verifier
from pipeline.stages.generator import relabel_episodes
from pipeline.stages.verifier import READ_BY, score_episodes
from pipeline.state.problems import HELD_OUT_FIRST
from pipeline.state.store import Store
from tests.support.episodes import episode, right, wrong
from tests.support.small_run import commit_stage


class Scorer:
    moves = 0

    def score_and_wait(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        return [float(len(response)) for _, response in pairs]


class Groups:
    def release_for(self, phase: str) -> None: ...

    def watch_services(self) -> None: ...

    def scorers(self, checkpoint: Checkpoint) -> list[Scorer]:
        return [Scorer()]


def sampled(store: Store, iteration: int, name: str, part: int, *episodes: Episode) -> Any:
    rows = [one.to_row() for one in episodes]
    directory = store.directory(iteration, name)
    commit_part(directory, part, pa.Table.from_pylist(rows, schema=EPISODE_SCHEMA))
    return commit_stage(store, iteration, name)


def scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *settings: str) -> tuple[set[str], dict[str, Any]]:
    """Answers that have a score after iteration 1, and the stage's facts. A row for each, equal ones too."""
    monkeypatch.setattr(verifier, "map_shards", lambda rows, task, *_: [task(row) for row in rows])
    store, directory = Store(str(tmp_path / "run")), str(tmp_path / "run" / "iter_0001" / "scores")
    manifests = [
        sampled(store, 0, "episodes", 0, episode("t0", wrong("w"), right("r"))),
        sampled(store, 1, "episodes", 0, episode("t1", wrong("v"), right("s"), iteration=1)),
        sampled(store, 1, "held_out", HELD_OUT_FIRST, episode("h1", wrong("x"), right("y"), problem="h", iteration=1)),
    ]
    config = load_config(None, [*settings])
    context: Any = SimpleNamespace(config=config, iteration=1, directory=directory, actor_groups=Groups())
    output = score_episodes(context, episodes=manifests, verifier=Checkpoint(path="v", policy_id="v"))
    records = committed_parts(directory)
    assert output.expected_parts == len(records) == 2
    rows = list(read_rows([f"{directory}/{record.file}" for record in records.values()]))
    return {f"{row['episode_id']}.{row['turn']}" for row in rows}, output.facts


HELD_OUT = {"h1.0", "h1.1"}


@pytest.mark.parametrize(
    ("settings", "train"),
    [
        ([], {"t0.1", "t1.1"}),  # the right ones: which is the best
        (["run.strategy=star"], set()),
        (["run.strategy=mucode_lv"], {"t0.0", "t0.1", "t1.0", "t1.1"}),
        (["run.strategy=mucode_lv", "protocol.old_labels=kept"], {"t1.0", "t1.1"}),
    ],
)
def test_training_answers_are_scored_if_relabelling_reads_them_and_held_out_ones_always(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: list[str], train: set[str]
) -> None:
    found, facts = scored(tmp_path, monkeypatch, *settings)
    assert found == train | HELD_OUT
    assert facts[READ_BY].split()[0] == load_config(None, settings).run.strategy


def test_a_stage_that_runs_share_holds_every_score(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found, facts = scored(tmp_path, monkeypatch, "run.strategy=star", "run.stages=../stages")
    assert found == {"t0.0", "t0.1", "t1.0", "t1.1"} | HELD_OUT and facts == {}


def test_scores_that_another_strategy_reads_are_refused() -> None:
    scores: Any = SimpleNamespace(directory="runs/a/iter_0000/scores", facts={READ_BY: "mucode 01234567"})
    context: Any = SimpleNamespace(config=load_config(None, []))
    with pytest.raises(StoreError, match=r"strategy mucode 01234567 reads, and this is mucode \w{8}: delete"):
        relabel_episodes(context, episodes=[], scores=scores)
