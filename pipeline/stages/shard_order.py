"""In which order shards are handed out: those that take longest first, so that none begins when all others end."""

import posixpath
from collections.abc import Sequence

from actors.search.plan import Shard
from actors.storage.parts import committed_parts
from pipeline.state.stage import StageContext


def longest_first(context: StageContext, shards: Sequence[Shard]) -> list[Shard]:
    """By the tokens that the same problems took in the iteration before, then by episodes, then by number."""
    tokens = _tokens_before(context)
    return sorted(shards, key=lambda shard: (tokens.get(shard.part, 0), len(shard)), reverse=True)


def _tokens_before(context: StageContext) -> dict[int, int]:
    """By part number; {} if the stage has not been there before. A part holds the same problems in every iteration."""
    stage = posixpath.basename(context.directory)
    before = posixpath.join(context.run_directory, f"iter_{context.iteration - 1:04d}", stage)
    return {part: record.counts.get("tokens", 0) for part, record in committed_parts(before).items()}
