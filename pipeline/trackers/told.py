"""What each tracker of a run was told already, so that a resume tells nothing twice: tracking.json."""

import json
import uuid
from dataclasses import asdict, dataclass, field
from functools import cached_property

from pydantic import TypeAdapter

from actors.storage.run_storage import open_storage, parse_typed

TRACKING = "tracking.json"


@dataclass(slots=True)
class ToldEvents:
    """To one tracker. Keys are "iter_0001/policy"."""

    steps: dict[str, int] = field(default_factory=dict)
    """The last step of each training."""
    stages: list[str] = field(default_factory=list)
    iterations: dict[str, str] = field(default_factory=dict)
    """Digest of the rows of each iteration: rows that were computed again are told again."""
    events: int = 0
    """How often it was told something, over all starts: of steps, stages and iterations."""


@dataclass(slots=True)
class _Tracking:
    run_id: str
    told: dict[str, ToldEvents]


_TRACKING = TypeAdapter(_Tracking)


class TrackingFile:
    """`run_id` and what was told, kept in the run directory."""

    def __init__(self, root: str) -> None:
        """Reads nothing yet."""
        self._storage = open_storage(root)
        self._name = f"{root}/{TRACKING}"

    @cached_property
    def _body(self) -> _Tracking:
        try:
            return parse_typed(self._storage.read(TRACKING), self._name, _TRACKING)
        except FileNotFoundError:
            return _Tracking(run_id=uuid.uuid4().hex, told={})

    @property
    def run_id(self) -> str:
        """Drawn at the first start. Raises DamagedError if the file is not what was written."""
        return self._body.run_id

    def told(self, tracker: str) -> ToldEvents:
        """What a tracker was told; of one that is new, nothing."""
        return self._body.told.setdefault(tracker, ToldEvents())

    def save(self) -> None:
        """Write the file."""
        told = {name: asdict(events) for name, events in self._body.told.items()}
        body = {"schema": "tracking/1", "run_id": self.run_id, "told": told}
        self._storage.write(TRACKING, json.dumps(body, indent=1).encode())
