"""What is known of a run from elsewhere: `mucode status --json` prints one of these, `mucode ls --json` several."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

SCHEMA = "run_status/1"
Kind = Literal["run", "evaluation", "study", "unknown"]
State = Literal["running", "stalled", "stopped", "failed", "finished", "unreadable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStatus:
    """A run, an evaluation or a study. Times are Unix seconds, shares lie between 0 and 1, None is not known."""

    name: str
    root: str
    """Its directory: a path or an address."""
    kind: Kind
    state: State
    told_by: str
    """How the state is known; of an unreadable directory, what is wrong with it."""
    host: str | None = None
    pid: int | None = None
    """Of the last driver."""

    iteration: int | None = None
    stage: str | None = None
    """At work, or begun when the run stopped."""
    stage_number: int | None = None
    """1-based, of `stages`."""
    stages: int | None = None
    stages_done: int | None = None
    parts: int | None = None
    parts_done: int | None = None
    """Parts of the stage: all, and those that are committed."""
    done: int | None = None
    total: int | None = None
    unit: str = ""
    """What is counted within the stage: episodes, parts or steps."""
    rate_per_s: float | None = None
    """In `unit`, over the last three minutes."""
    stage_began: float | None = None
    stage_ends: float | None = None
    run_ends: float | None = None
    """Expected. That of the run needs a finished stage of each kind that is left."""

    episodes: int | None = None
    infrastructure_share: float | None = None
    unjudged_share: float | None = None
    """Of the episodes so far: those that the sandbox failed, and those whose tests cannot be judged."""
    workers_lost: int | None = None
    """Since the last start; each was replaced, or ended the run."""
    error: str = ""
    """Why it failed."""
    notice: str = ""
    noticed: float | None = None
    """The last thing that a person should know, and when that was."""
    last_change: float | None = None
    """When something last moved."""
    size_bytes: int | None = None
    size_of: Literal["all files", "finished stages"] | None = None
    """Of what `size_bytes` are."""
    checkpoint_bytes: int | None = None
    """Of the checkpoints of finished stages."""

    runs: tuple["RunStatus", ...] = ()
    """Of a study: those that were begun."""
    runs_total: int | None = None
    runs_finished: int | None = None

    def to_json(self) -> dict[str, Any]:
        """As it is printed: the fields above beside `schema`."""
        return {"schema": SCHEMA, **asdict(self)}
