"""Finished episodes of a shard that is not: kept beside its part to be, so that who takes the shard over goes on.

A shard of a large model takes half an hour. Its files lie in `unfinished/part-…/` of the stage's directory, no record
names them, and they go when the part is committed.
"""

import contextlib
import logging
import posixpath
import time
import uuid
from collections.abc import Sequence

import pyarrow as pa

from actors.search.episode import EPISODE_SCHEMA, Episode
from actors.search.plan import Shard
from actors.storage.parquet import encode_parquet, read_rows
from actors.storage.run_storage import open_storage

SAVE_EVERY_S = 60.0
"""Between two files of a shard; one that takes less leaves none."""
logger = logging.getLogger(__name__)
Key = tuple[str, int]
"""Problem and sample."""


class ShardJournal:
    """Of one shard that one generator plays."""

    def __init__(self, out_dir: str, shard: Shard, policy_id: str, plans: int) -> None:
        """`plans`: episodes of a problem and sample."""
        self._storage, self._folder = open_storage(out_dir), f"unfinished/part-{shard.part:05d}"
        self._policy_id, self._plans = policy_id, plans
        self._new: list[Episode] = []
        self._saved = time.monotonic()
        self._files = 0

    def read(self) -> dict[Key, list[Episode]]:
        """What earlier attempts finished, one episode per plan; what cannot be read is left out."""
        found: dict[Key, list[Episode]] = {}
        for name in self._storage.list_names(self._folder):
            self._files += 1
            try:
                rows = list(read_rows([posixpath.join(self._storage.root, self._folder, name)]))
            except (OSError, pa.ArrowInvalid) as error:  # cut while it was written
                logger.warning("%s/%s is left out: %s", self._folder, name, error)
                continue
            fresh: dict[Key, list[Episode]] = {}
            for episode in map(Episode.from_row, rows):
                fresh.setdefault((episode.problem_id, episode.sample), []).append(episode)
            found.update({key: mine for key, mine in fresh.items() if self._is_whole(mine)})
        return found

    def add(self, episodes: Sequence[Episode]) -> None:
        """The episodes of a problem and sample; those that the infrastructure failed are worth another try."""
        if not any(episode.infrastructure for episode in episodes):
            self._new += episodes

    @property
    def is_due(self) -> bool:
        return bool(self._new) and time.monotonic() - self._saved > SAVE_EVERY_S

    def take(self) -> list[Episode]:
        """What was added since the last time, to be saved."""
        new, self._new, self._saved = self._new, [], time.monotonic()
        return new

    def save(self, new: Sequence[Episode]) -> None:
        """Write a file of them."""
        if new:
            self._files += 1
            table = pa.Table.from_pylist([episode.to_row() for episode in new], schema=EPISODE_SCHEMA)
            self._storage.write(f"{self._folder}/{uuid.uuid4().hex[:8]}.parquet", encode_parquet(table))

    def clear(self) -> None:
        """The part is committed."""
        if self._files:
            with contextlib.suppress(FileNotFoundError):  # another one that played it was quicker
                self._storage.delete_directory(self._folder)

    def _is_whole(self, episodes: list[Episode]) -> bool:
        return len(episodes) == self._plans and all(one.policy_id == self._policy_id for one in episodes)
