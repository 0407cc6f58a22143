"""Which shards of a Ray Data stage stand still: each task is watched by its signs, and no wait of Ray's is believed.

consumes       signs of the tasks (heartbeat.py), and the records of committed parts
waits for      nothing: the driver looks every few seconds
produces       a line about a shard that stands still; the end of its process, so that Ray begins the shard anew
unblocked by   the last part; a shard that stood still RESTARTS times, or began MOST_ATTEMPTS times, or no task that
               begins at all: then an error that names the shard, its node and the setting
"""

import os
import posixpath
import signal
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from actors.deadline import LOOKS, MOST_BETWEEN_LOOKS_S, IdleClock, StalledError
from actors.storage.parts import committed_parts
from pipeline.placement.resources import describe_free
from pipeline.stages.heartbeat import Sign, read_signs
from pipeline.trackers.console import ProgressLine, notice

SETTING = "data.stall_s"
RESTARTS, MOST_ATTEMPTS = 3, 6
"""How often the process of one shard is ended for standing still; how often a shard may begin for whatever reason: Ray
Data begins one whose process died again without end."""
BEGIN_S = 60.0
"""What Ray may take for the process of the first task, if the limit is less."""
KILL_DEADLINE_S = 30.0


class ShardWatch:
    """Looks after the shards `parts` of the stage at `directory`, whose tasks ask for `cpus` each."""

    def __init__(
        self,
        directory: str,
        parts: Collection[int],
        cpus: float,
        stall_s: float,
        end: Callable[[Sign], bool] | None = None,
    ) -> None:
        """`end`: ends the process of a sign, and says whether that could be done."""
        self.directory, self.parts, self.cpus, self.stall_s = directory, set(parts), cpus, stall_s
        self._end = end or end_process
        self._tick_s = min(MOST_BETWEEN_LOOKS_S, stall_s / LOOKS)
        self._histories: dict[int, _History] = {}
        self._ended: set[str] = set()
        self._clock, self._looked = self._new_clock(), time.monotonic()
        self._progress = ProgressLine(posixpath.basename(directory), len(self.parts))

    def look(self) -> None:
        """At most every few seconds. Raises StalledError for what cannot be helped."""
        now = time.monotonic()
        if now - self._looked < self._tick_s:
            return
        self._looked = now
        done = len(self.parts & committed_parts(self.directory).keys())
        signs = [sign for sign in read_signs(self.directory) if sign.attempt not in self._ended]
        self._progress.update(done, in_flight=len(signs))
        for sign in signs:
            self._look_at(sign)
        moved = self._clock.look((done, frozenset(signs)))
        if not signs and moved >= max(self.stall_s, BEGIN_S):
            raise StalledError(self._nothing_begins(len(self.parts) - done))

    def close(self) -> None:
        self._progress.close()

    def _look_at(self, sign: Sign) -> None:
        history = self._histories.setdefault(sign.part, _History(self._new_clock()))
        history.attempts.add(sign.attempt)
        idle_s = history.clock.look((sign.attempt, sign.steps))
        if len(history.attempts) > MOST_ATTEMPTS:
            raise StalledError(
                f"{_place(sign)} began {len(history.attempts)} times, and its process ended each time. If the system "
                "ended it for lack of memory (`dmesg` says so), lower rollouts.shard_episodes in a new run, or "
                "give the node more"
            )
        if idle_s >= self.stall_s:
            self._restart(sign, history)
        elif idle_s >= self.stall_s / 2 and sign.attempt not in history.told:
            history.told.add(sign.attempt)
            notice(f"    {_place(sign)} has made no progress for {idle_s:.0f} s ({SETTING} = {self.stall_s:g} s)")

    def _restart(self, sign: Sign, history: "_History") -> None:
        if history.restarts >= RESTARTS:
            raise StalledError(
                f"{_place(sign)} made no progress for {SETTING} = {self.stall_s:g} s, {RESTARTS + 1} times. "
                f"If it is only slow, raise {SETTING}"
            )
        history.restarts += 1
        history.clock = self._new_clock()
        ended = self._end(sign)
        if ended:
            self._ended.add(sign.attempt)
        what = "its process is ended, and it begins anew" if ended else "its node does not answer"
        told = f"    {_place(sign)} made no progress for {SETTING} = {self.stall_s:g} s; {what}"
        notice(told, workers_lost=int(ended))

    def _nothing_begins(self, left: int) -> str:
        import ray

        free = describe_free(ray.available_resources()) if ray.is_initialized() else "unknown"
        return (
            f"{left} of {len(self.parts)} shards are left and none has begun for {SETTING} = {self.stall_s:g} s: each "
            f"asks for {self.cpus:g} CPU on one node, free on the cluster: {free}. If other work took it, wait for that"
        )

    def _new_clock(self) -> IdleClock:
        return IdleClock(min(2 * MOST_BETWEEN_LOOKS_S, self.stall_s / 2))


@dataclass(slots=True)
class _History:
    """Of one shard."""

    clock: IdleClock
    attempts: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)
    restarts: int = 0


def end_process(sign: Sign) -> bool:
    """Kill a task's process on its node, stopped ones too; Ray gives its shard to another one. False if that node does
    not answer."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    there = NodeAffinitySchedulingStrategy(sign.node, soft=False)
    kill: Any = ray.remote(num_cpus=0, max_retries=0)(_kill_worker)
    try:
        ray.get(kill.options(scheduling_strategy=there).remote(sign.process), timeout=KILL_DEADLINE_S)
    except Exception:  # the node is gone, or hangs as its task does
        return False
    return True


def _kill_worker(process: int) -> None:
    """If it still is a worker of Ray: numbers of processes are given again."""
    try:
        title = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return
    if title.startswith(b"ray::"):
        os.kill(process, signal.SIGKILL)


def _place(sign: Sign) -> str:
    return f"part {sign.part} (node {sign.host}, process {sign.process})"
