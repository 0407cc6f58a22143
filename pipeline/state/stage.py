"""A stage: a named step of an iteration, what it reads, what it costs, and what it returns.

Everything that is known of a stage is in its row: run, report, forecast and funnel read it there.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from actors.storage.checkpoint import Checkpoint
from pipeline.config.schema import Config
from pipeline.state.models import resolve_model
from pipeline.state.problems import ProblemSplits
from sandbox.problem import Problem

if TYPE_CHECKING:
    from pipeline.cluster.actor_groups import ActorGroups  # imports Ray
    from pipeline.trackers.group import TrackerGroup


@dataclass(frozen=True, kw_only=True)
class StageContext:
    """What a stage function is given besides its inputs.

    `directory` is the stage's own, `run_directory` the run's; both are local paths or addresses of an object store.
    """

    config: Config
    iteration: int
    directory: str
    run_directory: str
    splits: ProblemSplits
    actor_groups: "ActorGroups"
    trackers: "TrackerGroup"

    @property
    def base(self) -> Checkpoint:
        """The model that every training of the generator starts from."""
        return resolve_model(self.config.model.generator)

    def problems(self, split: str) -> list[Problem]:
        """Problems of "train", "validation" or "test", cut to the config's limit."""
        return self.splits.problems(self.config, split)


@dataclass(frozen=True, kw_only=True)
class StageOutput:
    """What a stage function returns beside the parts that it committed.

    `facts` are numbers and names for the manifest and the console; `expected_parts`: None if any number of parts is
    right.
    """

    checkpoint: Checkpoint | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    expected_parts: int | None = None


StageKind = Literal["sampling", "searching", "scoring", "training of the verifier", "fine-tuning", "the rest"]
"""What a stage mostly does, in the order in which an estimate shows it."""


@dataclass(frozen=True, kw_only=True)
class Rate:
    """Seconds per unit of work of stages that work alike: the embedded default on 2 quiet cores, actors up."""

    name: str
    seconds: float
    kind: StageKind = "the rest"


SplitSize = Callable[[str], int]
"""How many problems a split has."""
Work = Callable[[Config, SplitSize, int], float]
"""Units of work of a stage under a config, in an iteration: answers sampled at most, rows trained on, and the like."""
QUICK = Rate(name="other", seconds=0.8)


def one_unit(config: Config, size: SplitSize, iteration: int) -> float:
    return 1.0


@dataclass(frozen=True)
class FunnelCounts:
    """Counts of a stage's manifest that add up: `total` is the sum of `parts`; `extras` came of it."""

    title: str
    total: str
    parts: tuple[str, ...]
    extras: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One row: a stage and all that others need to know of it.

    name            of its folder, in every run directory
    title           for people
    config_fields   config sections or fields ("rollouts", "run.seed") that change its data: its identity
    function        (StageContext, **inputs) -> StageOutput
    version         rises if the function's data changes under the same settings
    recomputed      computed again if its inputs changed, as cheap summaries are; others refuse
    serves          (config, facts) -> whether a stage of the same identity, which another run finished with these
                    facts, has all that this config asks of it
    """

    name: str
    title: str
    config_fields: tuple[str, ...]
    function: Callable[..., StageOutput]
    version: int = 1
    recomputed: bool = False
    rate: Rate = QUICK
    work: Work = one_unit
    funnel: tuple[FunnelCounts, ...] = ()
    serves: Callable[[Config, dict[str, Any]], bool] = lambda config, facts: True

    def settings(self, config: Config) -> dict[str, Any]:
        """The identity fields that it reads, and its version."""
        return {**config.identity(*self.config_fields), "stage.version": self.version}
