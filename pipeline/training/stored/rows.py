"""A stage's rows as examples, streamed: each rank of a node reads its share of the parts, and all map what was made.

consumes       the committed parts of a stage: of R ranks on a node, rank r takes every R-th
waits for      the other ranks, twice: until all have written, and until all have mapped the files
produces       token files in a folder of the node's temporary directory (TMPDIR), gone once they are mapped
unblocked by   nothing; a rank whose rows cannot be read says so in its folder, and all of the node raise it
"""

import os
import pickle
import posixpath
import shutil
import tempfile
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from actors.storage.parquet import Row, read_batches
from actors.storage.parts import committed_parts
from pipeline.training.examples import TrainingExample, TrainingExamples
from pipeline.training.stored.token_files import StoredExamples, TokenFile

BATCH_ROWS = 256
"""Rows in memory at a time."""
ERROR = "error.pickle"


def store_examples(
    directory: str, columns: Sequence[str], key: str, make: Callable[[Row], TrainingExample], max_tokens: int
) -> TrainingExamples:
    """An example per committed row of the stage, in the order of `key`: that of shards and rows means nothing. Those
    with a sequence of more than `max_tokens` tokens are left out and counted."""
    rank, ranks = place_on_node()
    folder = Path(tempfile.gettempdir()) / f"mucode-examples-{_common_name() if ranks > 1 else uuid.uuid4().hex}"
    mine = folder / str(rank)
    try:
        try:
            _write(mine, directory, columns, key, make, max_tokens, rank, ranks)
        except Exception as error:
            (mine / ERROR).write_bytes(pickle.dumps(error))
            if ranks == 1:
                raise
        _wait_for_all(ranks)
        for other in range(ranks):
            if (folder / str(other) / ERROR).exists():
                raise pickle.loads((folder / str(other) / ERROR).read_bytes())
        kept = StoredExamples([folder / str(other) for other in range(ranks)])
    finally:
        _wait_for_all(ranks)
        shutil.rmtree(mine, ignore_errors=True)
        _remove_if_empty(folder)
    return TrainingExamples(kept=kept, too_long=kept.too_long)


def _write(
    folder: Path,
    directory: str,
    columns: Sequence[str],
    key: str,
    make: Callable[[Row], TrainingExample],
    max_tokens: int,
    rank: int,
    ranks: int,
) -> None:
    """The token file of the parts of one rank. A row's number: of its part, then within that."""
    written = TokenFile(folder)
    files = [posixpath.join(directory, record.file) for record in committed_parts(directory).values()]
    for part in range(rank, len(files), ranks):
        number = part << 32
        for batch in read_batches([files[part]], columns, BATCH_ROWS):
            for row in batch.to_pylist():
                example = make(row)
                if example.width <= max_tokens:
                    written.add(row[key], number, example)
                else:
                    written.too_long += 1
                number += 1
    written.close()


def place_on_node() -> tuple[int, int]:
    """This rank among those of its node, as Ray Train says it, and how many they are."""
    return int(os.environ.get("LOCAL_RANK", 0)), int(os.environ.get("LOCAL_WORLD_SIZE", 1))


def _common_name() -> str:
    """The same for all ranks, and for no other attempt."""
    from ray.train.collective import broadcast_from_rank_zero

    return str(broadcast_from_rank_zero(uuid.uuid4().hex))


def _wait_for_all(ranks: int) -> None:
    if ranks > 1:
        from ray.train.collective import barrier

        barrier()


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:  # others are still at it, or were quicker
        return
