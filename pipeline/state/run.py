"""A run: its config, its directory, its actors, and the one way in which stages are executed."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from actors.storage.checkpoint import Checkpoint, checkpoint_bytes
from pipeline.config.schema import Config
from pipeline.errors import StoreError
from pipeline.methods.strategies import CONTROL_STRATEGY, STRATEGIES
from pipeline.state.failures import StageFailed, stage_failure
from pipeline.state.identity import StageIdentity, digest_of
from pipeline.state.manifest import Manifest
from pipeline.state.models import resolve_model
from pipeline.state.plugins import plugin_origins, rows_named
from pipeline.state.problems import ProblemSplits
from pipeline.state.reuse.finished import FinishedElsewhere
from pipeline.state.run_directory import run_root
from pipeline.state.run_progress import RunProgress
from pipeline.state.stage import Stage, StageContext, StageOutput
from pipeline.state.store import Store
from pipeline.trackers.console import say
from pipeline.trackers.group import TrackerGroup
from pipeline.trackers.live import LIVE, LiveStage
from pipeline.trackers.told import TrackingFile
from pipeline.trackers.tracker import StageSummary
from sandbox.problem import Problem

if TYPE_CHECKING:
    from pipeline.cluster.actor_groups import ActorGroups  # imports Ray

StageInput = Manifest | Checkpoint | Sequence[Manifest]


class Run:
    """Stages of one run directory. `stage` is idempotent: what is finished is verified and skipped.

    `actor_groups`: None for what executes nothing, such as a forecast. `trackers` and `progress` know nothing until a
    command sets them.
    """

    def __init__(self, config: Config, actor_groups: "ActorGroups | None", splits: ProblemSplits | None = None) -> None:
        self.config = config
        self.actor_groups = actor_groups
        self.store = Store(run_root(config), config.run.stages)
        self.trackers = TrackerGroup({}, TrackingFile(self.store.root))
        self.progress = RunProgress([])
        self.after_stage: Callable[[], None] = lambda: None
        """Called when a stage was carried out."""
        self.ran: list[Manifest] = []
        self.skipped = 0
        self.splits = splits or ProblemSplits()

    @cached_property
    def base(self) -> Checkpoint:
        return resolve_model(self.config.model.generator)

    @cached_property
    def reused(self) -> FinishedElsewhere | None:
        return FinishedElsewhere(self.config.run.reuse, self.store.root) if self.config.run.reuse else None

    def problems(self, split: str) -> list[Problem]:
        return self.splits.problems(self.config, split)

    # ---- executing stages -------------------------------------------------------------------------------------------

    def stage(self, iteration: int, step: Stage, **inputs: StageInput) -> Manifest:
        """Execute a stage, or find it finished.

        Raises StoreError if other settings made what is there, StageFailed if the stage's own work fails.
        """
        identity = self.identify(iteration, step, inputs)
        title = f"  iteration {iteration} · {step.name}"
        if self.store.discard_stale(step, identity):
            say(f"{title}: its inputs changed, so it is computed again")
        self.store.link(identity)
        with self.store.locked(identity, lambda: say(f"{title}: another worker is at it; waiting for it")):
            found = self.store.find(iteration, step.name) or self._elsewhere(step, identity)
            if found is not None:
                self.store.require_same(found, identity)
                self.skipped += 1
                self._note_finished(step, found)
                return found
            directory, started, clock = self.store.prepare(identity), time.time(), time.monotonic()
            say(f"{title} …")
            self._note_begun(iteration, step)
            output = self._execute(step, iteration, directory, inputs)
            manifest = self.store.commit(identity, output, clock)
        self.ran.append(manifest)
        self._note_finished(step, manifest)
        self.trackers.stage_finished(self._summary(step, manifest, started))
        self.after_stage()
        return manifest

    def _elsewhere(self, step: Stage, identity: StageIdentity) -> Manifest | None:
        """The stage as another run finished it, copied into this one."""
        return self.reused.take(identity, self.store, partial(step.serves, self.config)) if self.reused else None

    def _note_begun(self, iteration: int, step: Stage) -> None:
        stage = LiveStage(iteration=iteration, name=step.name, number=self.progress.number(iteration, step))
        LIVE.begin_stage(stage, self.progress.measured_seconds_after(iteration, step))

    def _note_finished(self, step: Stage, manifest: Manifest) -> None:
        """Count a stage that is finished, now or before."""
        self.progress.finish(manifest.iteration, step, manifest.seconds)
        weights = checkpoint_bytes(manifest.checkpoint.path) if manifest.checkpoint else 0
        LIVE.finish_stage(manifest.counts, sum(part.size_bytes for part in manifest.parts) + weights, weights)

    def _summary(self, step: Stage, manifest: Manifest, started: float) -> StageSummary:
        number = self.progress.number(manifest.iteration, step)
        return StageSummary(
            iteration=manifest.iteration,
            stage=step.name,
            started=started,
            seconds=manifest.seconds,
            counts=manifest.counts,
            metrics=manifest.facts,
            number=number,
            total=None if number is None else self.progress.total,
            seconds_left=None if number is None else self.progress.seconds_left(),
        )

    def _execute(self, step: Stage, iteration: int, directory: str, inputs: Mapping[str, StageInput]) -> StageOutput:
        assert self.actor_groups is not None, "a run without actors executes nothing"
        context = StageContext(
            config=self.config,
            iteration=iteration,
            directory=directory,
            run_directory=self.store.root,
            splits=self.splits,
            actor_groups=self.actor_groups,
            trackers=self.trackers,
        )
        try:
            return step.function(context, **inputs)
        except StageFailed:
            raise
        except Exception as error:
            raise stage_failure(error, step.name, iteration, self.store.files) from error

    def identify(self, iteration: int, step: Stage, inputs: Mapping[str, StageInput]) -> StageIdentity:
        """What names a stage's content: the identity fields that it reads, and the digests of what goes in."""
        settings = step.settings(self.config)
        digests = {name: digest for key, value in inputs.items() for name, digest in _digests(key, value)}
        return StageIdentity(
            iteration=iteration, stage=step.name, settings=settings, inputs=digests | self._contents(step)
        )

    def _contents(self, step: Stage) -> dict[str, str]:
        """Digests of what the settings name: a path may hold other problems or other weights than before, a strategy's
        row may have been edited, and a plug-in's package may have changed."""
        rows = rows_named(self.config, self.splits, step.config_fields)
        found = {f"plug-in {one.kind} {one.name}": one.identity for one in plugin_origins(rows)}
        for read, name in (("run.strategy", self.config.run.strategy), ("control", CONTROL_STRATEGY)):
            if read in step.config_fields:
                found[read] = digest_of(STRATEGIES[name].method_fields())
        for split in ("train", "validation", "test"):
            if f"problems.{split}" in step.config_fields:
                found[f"problems.{split}"] = self.splits.digest(self.config, split)
        for role in ("generator", "verifier"):
            if f"model.{role}" in step.config_fields:
                found[f"model.{role}"] = resolve_model(getattr(self.config.model, role)).policy_id
        return found

    # ---- finding stages ---------------------------------------------------------------------------------------------

    def lookup(self, iteration: int, step: Stage) -> Manifest | None:
        """The manifest of a stage; None if it is not finished."""
        return self.store.find(iteration, step.name)

    def finished(self, iteration: int, step: Stage) -> Manifest:
        """The manifest of a stage. Raises StoreError if it is not finished."""
        manifest = self.lookup(iteration, step)
        if manifest is None:
            raise StoreError(f"stage {step.name} of iteration {iteration} is not finished in {self.store.root}")
        return manifest

    def all(self, step: Stage, before: int) -> list[Manifest]:
        """Manifests of the stage in all iterations before one."""
        return [self.finished(iteration, step) for iteration in range(before)]

    def last(self, step: Stage, before: int) -> Manifest:
        return self.finished(before - 1, step)


def _digests(key: str, value: StageInput) -> list[tuple[str, str]]:
    if isinstance(value, Checkpoint):
        return [(key, value.policy_id)]
    if isinstance(value, Manifest):
        return [(f"{key}:{value.stage}@{value.iteration}", value.digest)]
    return [pair for manifest in value for pair in _digests(key, manifest)]
