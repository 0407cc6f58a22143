"""How far a task of Ray Data is with its shard, told in a small file of the stage, since nobody can ask a task.

consumes       the steps that a task's function counts, and moves of what it waits for
produces       in_flight/part-00003.json: who works on the shard, where, and how far; gone when the task ends
unblocked by   nothing: a thread writes, so that a function that hangs is seen to stand still
"""

import json
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace

from pydantic import TypeAdapter, ValidationError

from actors.storage.parquet import Row
from actors.storage.run_storage import open_storage

IN_FLIGHT = "in_flight"
"""Folder of a stage's directory while its tasks run."""
WRITE_EVERY_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What a task last told. `steps` changes while it works; another `attempt` is another process, or a new start."""

    part: int
    attempt: str
    node: str
    """Ray's id."""
    host: str
    process: int
    steps: float = 0.0


_SIGN = TypeAdapter(Sign)


class Heartbeat:
    """What a task's function tells of itself: a step done, or something to look at that changes while it waits."""

    def __init__(self) -> None:
        self._steps = 0
        self._moves: Callable[[], float] = lambda: 0.0

    def step(self) -> None:
        self._steps += 1

    def follow(self, moves: Callable[[], float]) -> None:
        """Count changes of `moves()`, of what the function waits for, as its own."""
        self._moves = moves

    @property
    def steps(self) -> float:
        return self._steps + self._moves()


UNHEARD = Heartbeat()
"""Of a task that nobody looks after."""
ShardFunction = Callable[[Row, Heartbeat], Row]


class TellingTask:
    """`function(shard, heartbeat)` as Ray Data calls it, its signs written meanwhile."""

    def __init__(self, function: ShardFunction) -> None:
        self.function = function

    def __call__(self, shard: Row) -> Row:
        heartbeat = Heartbeat()
        with _telling(shard["directory"], _first_sign(shard["part"]), heartbeat):
            return self.function(shard, heartbeat)


def to_json(sign: Sign) -> str:
    return json.dumps(asdict(sign))


def read_signs(directory: str) -> list[Sign]:
    """Of all tasks that are at work for the stage at `directory`; what cannot be read was just being written."""
    storage, signs = open_storage(directory), []
    for name in storage.list_names(IN_FLIGHT):
        if name.endswith(".json"):
            with suppress(OSError, ValidationError):
                signs.append(_SIGN.validate_json(storage.read(f"{IN_FLIGHT}/{name}"), strict=True))
    return signs


def forget_signs(directory: str) -> None:
    with suppress(OSError):
        open_storage(directory).delete_directory(IN_FLIGHT)


def _first_sign(part: int) -> Sign:
    import ray
    from ray.util import get_node_ip_address

    node = ray.get_runtime_context().get_node_id()
    return Sign(part=part, attempt=uuid.uuid4().hex, node=node, host=get_node_ip_address(), process=os.getpid())


@contextmanager
def _telling(directory: str, sign: Sign, heartbeat: Heartbeat) -> Iterator[None]:
    storage, name = open_storage(directory), f"{IN_FLIGHT}/part-{sign.part:05d}.json"
    ended = threading.Event()

    def write(steps: float) -> None:
        with suppress(OSError):  # a shard is worth more than its signs
            storage.write(name, to_json(replace(sign, steps=steps)).encode())

    def tell() -> None:
        told = 0.0
        while not ended.wait(WRITE_EVERY_S):
            if heartbeat.steps != told:
                told = heartbeat.steps
                write(told)

    write(0.0)
    writer = threading.Thread(target=tell, name="signs", daemon=True)
    writer.start()
    try:
        yield
    finally:
        ended.set()
        writer.join()
        with suppress(OSError):
            storage.delete_file(name)
