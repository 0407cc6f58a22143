"""Finished episodes of a shard that is not: kept beside its part to be, so that who takes the shard over goes on.

A shard of a large model takes half an hour. Its files lie in `unfinished/part-…/` of the stage's directory, no record
names them, and they go when the part is committed. What a kill costs is the episodes in flight, and those that finished
within the last SAVE_EVERY_S.

Each save is one new file, into which smaller ones are merged: of n saved episodes there are at most log2(n) + 1 files,
and each episode is written about as often.
"""

import asyncio
import contextlib
import logging
import posixpath
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from actors.search.episode import EPISODE_SCHEMA, Episode
from actors.search.plan import Shard
from actors.storage.parquet import encode_parquet, read_rows
from actors.storage.run_storage import open_storage

SAVE_EVERY_S = 10.0
"""Between two saves of a shard: hundreds of generators write to one store. A shard that takes less leaves no file."""
FOLDER = "unfinished"
logger = logging.getLogger(__name__)
Key = tuple[str, int]
"""Problem and sample."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """A file and what is in it."""

    name: str
    episodes: list[Episode]


class ShardJournal:
    """Of one shard that one generator plays. `add` and `save_new` belong to its event loop."""

    def __init__(self, out_dir: str, shard: Shard, policy_id: str, plans: int) -> None:
        """`plans`: episodes of a problem and sample."""
        self._storage, self._folder = open_storage(out_dir), f"{FOLDER}/part-{shard.part:05d}"
        self._policy_id, self._plans = policy_id, plans
        self._new: list[Episode] = []
        self._failed: list[Episode] = []  # could not be written
        self._segments: list[_Segment] = []  # each at least twice as long as the next
        self._writing, self._cleared = threading.Lock(), False

    def read(self) -> dict[Key, list[Episode]]:
        """What earlier attempts finished, one episode per plan; what cannot be read is left out."""
        found: dict[Key, list[Episode]] = {}
        for name in self._storage.list_names(self._folder):
            fresh: dict[Key, list[Episode]] = {}
            for episode in self._read_file(name):
                fresh.setdefault((episode.problem_id, episode.sample), []).append(episode)
            whole = {key: mine for key, mine in fresh.items() if self._is_whole(mine)}
            self._segments.append(_Segment(name, [episode for mine in whole.values() for episode in mine]))
            found |= whole
        self._segments.sort(key=lambda segment: len(segment.episodes), reverse=True)
        return found

    def _read_file(self, name: str) -> list[Episode]:
        try:
            rows = list(read_rows([posixpath.join(self._storage.root, self._folder, name)]))
        except (OSError, pa.ArrowInvalid) as error:  # cut while it was written
            logger.warning("%s/%s is left out: %s", self._folder, name, error)
            return []
        try:
            return [Episode.from_row(row) for row in rows]
        except (TypeError, KeyError, ValueError, AttributeError) as error:  # of another version
            logger.warning("%s/%s is left out: %s", self._folder, name, error)
            return []

    def add(self, episodes: Sequence[Episode]) -> None:
        """The episodes of a problem and sample; those that the infrastructure failed are worth another try."""
        if not any(episode.infrastructure for episode in episodes):
            self._new += episodes

    async def keep_saving(self) -> None:
        """Save what is new, again and again, until this is cancelled."""
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            await self.save_new()

    async def save_new(self) -> None:
        """Save what was added since the last time; if that fails, the next time tries it again."""
        new, self._new = self._new, []
        await asyncio.to_thread(self._save, new)

    def _save(self, new: Sequence[Episode]) -> None:
        """Write a file of `new` and of what smaller files hold, and delete those."""
        with self._writing:
            fresh = [*self._failed, *new]
            if not fresh or self._cleared:
                return
            kept, merged = list(self._segments), fresh
            while kept and len(kept[-1].episodes) < 2 * len(merged):
                merged = [*kept.pop().episodes, *merged]
            table = pa.Table.from_pylist([episode.to_row() for episode in merged], schema=EPISODE_SCHEMA)
            segment = _Segment(f"{uuid.uuid4().hex[:8]}.parquet", merged)
            try:
                self._storage.write(f"{self._folder}/{segment.name}", encode_parquet(table))
            except OSError as error:  # a full disk, say: committing the part will tell it, if it lasts
                logger.warning("finished episodes could not be saved in %s: %s", self._folder, error)
                self._failed = fresh
                return
            smaller, self._segments, self._failed = self._segments[len(kept) :], [*kept, segment], []
            for old in smaller:
                with contextlib.suppress(FileNotFoundError):  # another one that played it was quicker
                    self._storage.delete_file(f"{self._folder}/{old.name}")

    def clear(self) -> None:
        """The part is committed."""
        with self._writing:
            self._cleared = True
            if self._segments:
                _delete(self._storage.root, self._folder)

    def _is_whole(self, episodes: list[Episode]) -> bool:
        return len(episodes) == self._plans and all(one.policy_id == self._policy_id for one in episodes)


def clear_journals(out_dir: str) -> None:
    """All parts of a stage are committed, and what those left who were lost meanwhile goes."""
    if open_storage(out_dir).list_names(FOLDER):
        _delete(out_dir, FOLDER)


def _delete(out_dir: str, folder: str) -> None:
    with contextlib.suppress(FileNotFoundError):  # another one was quicker
        open_storage(out_dir).delete_directory(folder)
