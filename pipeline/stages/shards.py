"""Ray Data over shards: a shard is all rows of some problems, the same problems in every stage.

Episodes lie in shards of problems, so pairs, scores and relabelling are maps without a shuffle. Each shard is one block
and one task; the task reads its Parquet parts, and commits one part of the output stage. Rows never pass through the
driver; parts that are already committed are not computed again.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

import pyarrow as pa

from actors.search.episode import Episode
from actors.storage.parquet import Row, read_rows
from actors.storage.parts import commit_part, committed_parts
from pipeline.state.manifest import Manifest


def missing_shards(directory: str, **inputs: Sequence[Manifest]) -> list[Row]:
    """One row per shard that `directory` does not hold yet: its part number and its input files by name."""
    done = committed_parts(directory)
    found = {name: [manifest.files() for manifest in manifests] for name, manifests in inputs.items()}
    numbers = sorted({number for by_number in found.values() for files in by_number for number in files})
    return [
        {
            "part": number,
            "directory": directory,
            **{name: [files[number] for files in by_number if number in files] for name, by_number in found.items()},
        }
        for number in numbers
        if number not in done
    ]


def count_shards(*inputs: Sequence[Manifest]) -> int:
    """How many shards the inputs have together, each number once."""
    return len({part.part for manifests in inputs for manifest in manifests for part in manifest.parts})


def map_shards(rows: list[Row], function: Callable[[Row], Row], *, cpus: float = 0.5) -> None:
    """Run `function(row) -> row` over every shard with Ray Data, and wait for the last."""
    if not rows:
        return
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.ERROR)  # the rest is in Ray's session directory
    dataset = ray.data.from_items(rows, override_num_blocks=len(rows))
    dataset.map(function, num_cpus=cpus).materialize()


def read_episodes(files: Iterable[str]) -> list[list[Episode]]:
    """Episodes of a shard, one list per problem, in the order (problem, iteration, sample)."""
    episodes = [Episode.from_row(row) for row in read_rows(files)]
    episodes.sort(key=lambda episode: (episode.problem_id, episode.iteration, episode.sample))
    return [list(group) for _, group in groupby(episodes, key=lambda episode: episode.problem_id)]


def commit_rows(shard: Row, rows: list[Row], schema: pa.Schema, counts: Iterable[dict[str, int]]) -> Row:
    """Commit a shard's output and return what Ray Data passes on: the part and its size, never its rows."""
    total: dict[str, int] = {}
    for count in counts:
        for name, value in count.items():
            total[name] = total.get(name, 0) + value
    record = commit_part(shard["directory"], shard["part"], pa.Table.from_pylist(rows, schema=schema), total)
    return {"part": record.part, "rows": record.rows}
