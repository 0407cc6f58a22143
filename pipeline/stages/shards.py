"""Ray Data over shards: a shard is all rows of some problems, the same problems in every stage.

Episodes lie in shards of problems, so pairs, scores and relabelling are maps without a shuffle. Each shard is one block
and one task; the task reads its Parquet parts, and commits one part of the output stage. Rows never pass through the
driver; parts that are already committed are not computed again.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import pyarrow as pa

from actors.search.episode import Episode
from actors.storage.parquet import Row, read_rows
from actors.storage.parts import commit_part, committed_parts
from pipeline.placement.resources import DATA_CPUS
from pipeline.stages.heartbeat import ShardFunction, TellingTask, forget_signs
from pipeline.stages.shard_watch import ShardWatch
from pipeline.state.manifest import Manifest
from pipeline.trackers.live import LIVE

LOOK_EVERY_S = 1.0
MOST_EPISODES, TABLE_ROWS = 4000, 5000
"""In memory at a time: episodes of a shard, and rows before they become a table."""


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


def map_shards(
    rows: list[Row],
    function: ShardFunction,
    stall_s: float,
    look_after: Callable[[], None] | None = None,
    *,
    cpus: float = DATA_CPUS,
) -> None:
    """Run `function(row, heartbeat) -> row` over every shard with Ray Data, and wait for the last.

    A shard that makes no progress for `stall_s` begins anew in another process. Raises StalledError if that does not
    help, or if no task begins. `look_after` is called about every second, for actors that the tasks ask; what it raises
    ends the stage.
    """
    if not rows:
        return
    import ray.data

    logging.getLogger("ray.data").setLevel(logging.ERROR)  # the rest is in Ray's session directory
    directory = rows[0]["directory"]
    forget_signs(directory)  # of a driver that was killed
    LIVE.expect_parts(len(committed_parts(directory)) + len(rows))
    dataset = ray.data.from_items(rows, override_num_blocks=len(rows))
    mapped = dataset.map(TellingTask(function), num_cpus=cpus)
    mapped.context.execution_no_progress_timeout_s = -1  # it would not see a shard's own progress, nor name the shard
    watch = ShardWatch(directory, [row["part"] for row in rows], cpus, stall_s)
    try:
        _do_watched(mapped.materialize, [watch.look, *filter(None, [look_after])])
    finally:
        watch.close()
        forget_signs(directory)


def _do_watched(work: Callable[[], object], looks: Sequence[Callable[[], None]]) -> None:
    """Do `work` in a thread of its own and look after it meanwhile; if a look raises, the thread is left behind."""
    errors: list[BaseException] = []

    def do() -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=do, name="ray data", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(LOOK_EVERY_S)
        for look in looks:
            look()
    if errors:
        raise errors[0]


def read_groups(files: Sequence[str], most: int = MOST_EPISODES) -> Iterator[list[list[Episode]]]:
    """Episodes of a shard, one list per problem, in the order (problem, iteration, sample).

    Together they come in groups of at most `most` episodes, or those of one problem: shards grow with the iterations.
    """
    sizes = Counter(row["problem_id"] for row in read_rows(files, ["problem_id"]))
    for group in _packed(sorted(sizes), sizes, most):
        filters = None if len(group) == len(sizes) else [("problem_id", "in", group)]
        episodes = [Episode.from_row(row) for row in read_rows(files, filters=filters)]
        episodes.sort(key=lambda episode: (episode.problem_id, episode.iteration, episode.sample))
        yield [list(one) for _, one in groupby(episodes, key=lambda episode: episode.problem_id)]


def _packed(names: Sequence[str], sizes: Mapping[str, int], most: int) -> list[list[str]]:
    """Consecutive names, together of at most `most`, or one alone."""
    groups: list[list[str]] = []
    left = 0
    for name in names:
        if not groups or sizes[name] > left:
            groups.append([])
            left = most
        groups[-1].append(name)
        left -= sizes[name]
    return groups


def commit_rows(shard: Row, made: Iterable[tuple[list[Row], Mapping[str, int]]], schema: pa.Schema) -> Row:
    """Commit a shard's output, rows and counts as they are made, and return what Ray Data passes on: the part and its
    size, never its rows."""
    total: dict[str, int] = {}
    tables: list[pa.Table] = []
    rows: list[Row] = []
    for some, counts in made:
        rows += some
        for name, value in counts.items():
            total[name] = total.get(name, 0) + value
        if len(rows) >= TABLE_ROWS:  # a table takes a fraction of what rows take
            tables.append(pa.Table.from_pylist(rows, schema=schema))
            rows = []
    table = pa.concat_tables([*tables, pa.Table.from_pylist(rows, schema=schema)])
    record = commit_part(shard["directory"], shard["part"], table, total)
    return {"part": record.part, "rows": record.rows}
