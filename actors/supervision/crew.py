"""What a supervisor asks of those who know its workers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

S_contra = TypeVar("S_contra", contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReport:
    """Where a worker stands."""

    moved: float
    """Changes while the worker, or what it waits for, does anything."""
    finished: int = 0
    """Pieces of work that it has finished in its life, however small."""
    has_room: bool = False
    """Whether it could do more at once than it was given."""
    unbegun: int = 0
    """Shards that it has and has not begun, which are those that it was given last."""
    node_id: str = ""
    """Ray's id of its node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStart:
    """A worker that is on its way. `ready`: a reference that comes when it takes shards, or raises why it does not."""

    worker: Any
    ready: Any
    first: bool = False
    """Whether the slot has never had a worker that came up: then a failure says that it cannot."""


class Crew(Protocol[S_contra]):
    """The workers of a supervisor, one to a slot. Nothing here waits for a worker."""

    def start(self, slot: int, *, again: bool) -> WorkerStart:
        """A worker for the slot; `again`: a new one, in the place of one that is lost and is ended."""

    def has_place(self, slot: int) -> bool:
        """Whether the slot's worker has the resources that it starts on; else it waits for them."""

    def started(self, slot: int, result: Any) -> None:
        """The slot's worker takes shards; `result`: of its `ready`."""

    def play(self, worker: Any, shard: S_contra) -> Any:
        """A reference to the result of a shard."""

    def take_back(self, worker: Any, shard: S_contra) -> None:
        """Have a worker let go of a shard if it has not begun it; the reference of that shard then comes with None."""

    def ask(self, workers: Collection[Any]) -> Mapping[Any, WorkerReport]:
        """Of those who have answered since they were asked last; all who have are asked again."""

    def text_of(self, error: Exception) -> str:
        """What an error says to a person; Ray puts the traceback of an actor around it."""

    def tell(self, slot: int, text: str) -> None:
        """Say what became of the slot's worker."""

    def start_error(self, slot: int, reason: str) -> Exception:
        """What to raise if the slot's worker does not come up; `reason` "": it finds no place."""

    def tick(self) -> None:
        """Everybody was asked."""
