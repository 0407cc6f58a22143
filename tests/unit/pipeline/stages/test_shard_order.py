"""Shards that took longest in the iteration before are handed out first."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from actors.search.plan import Shard
from pipeline.stages.shard_order import longest_first
from sandbox.problem import Problem

SHARDS = [
    Shard(part=part, problems=(Problem(problem_id=f"p{part}", prompt=""),) * (1 if part == 3 else 2), samples=range(2))
    for part in range(4)
]


def order(root: Path, iteration: int) -> list[int]:
    directory = str(root / f"iter_{iteration:04d}" / "episodes")
    context: Any = SimpleNamespace(run_directory=str(root), directory=directory, iteration=iteration)
    return [shard.part for shard in longest_first(context, SHARDS)]


def test_the_longest_of_the_iteration_before_come_first_and_new_ones_by_their_size(tmp_path: Path) -> None:
    assert order(tmp_path, 0) == [0, 1, 2, 3]
    folder = tmp_path / "iter_0000" / "episodes"
    folder.mkdir(parents=True)
    record = {"file": "a.parquet", "rows": 1, "size_bytes": 1, "sha256": "0"}
    parts = [record | {"part": part, "counts": {"tokens": tokens}} for part, tokens in ((0, 10), (2, 30), (3, 20))]
    (folder / "manifest.json").write_text(json.dumps({"parts": [*parts, record | {"part": 1, "counts": {}}]}))
    assert order(tmp_path, 1) == [2, 3, 0, 1]
    assert order(tmp_path, 2) == [0, 1, 2, 3]
