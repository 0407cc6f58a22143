"""Which episodes of a run are shown: stages, the newest first, until a limit is reached."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from actors.storage.parts import PartRecord, committed_parts
from pipeline.errors import ConfigError, StoreError
from pipeline.report.series import begun_iterations
from pipeline.stages.sampling import EPISODES, HELD_OUT
from pipeline.stages.search import GREEDY_SEARCHES, SEARCH_BEST_OF_N
from pipeline.state.shown_files import stored_settings
from pipeline.state.store import Store
from pipeline.trackers.console import counted, plain_words

ROLLOUTS = (EPISODES.name, HELD_OUT.name)
EPISODE_STAGES = (*ROLLOUTS, *(stage.name for stage in GREEDY_SEARCHES.values()), SEARCH_BEST_OF_N.name)
"""Stages whose rows are episodes, in the order in which they are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeStage:
    """A stage and those of its parts that are shown, in their order.

    `shown` of its `rows` episodes are: the last part may be cut. `turns`: most turns of an episode by the run's
    settings; None if they do not say it. `stop`: what ended an episode, as `protocol.stop`. `seconds`: that the stage
    took, 0 if it is not finished.
    """

    iteration: int
    name: str
    directory: str
    parts: tuple[PartRecord, ...]
    rows: int
    shown: int
    finished: bool
    turns: int | None
    stop: str
    seconds: float

    @property
    def title(self) -> str:
        return f"{plain_words(self.name)} of iteration {self.iteration}"

    @property
    def state(self) -> str:
        """What is said of it: episodes, whether more will come, and how many are left out."""
        more = "" if self.finished else " so far, the stage is not finished"
        cut = f", {self.rows - self.shown} left out" if self.shown < self.rows else ""
        return f"{self.title}: {counted(self.shown, 'episode')}{more}{cut}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeChoice:
    """What of a run is shown, in the order of the run."""

    stages: tuple[EpisodeStage, ...]
    limit: int

    @property
    def shown(self) -> int:
        return sum(stage.shown for stage in self.stages)

    @property
    def left_out(self) -> int:
        return sum(stage.rows - stage.shown for stage in self.stages)

    @property
    def note(self) -> str:
        """What the limit left out; "" if nothing."""
        cut = ", ".join(f"{one.rows - one.shown} of {one.title}" for one in self.stages if one.shown < one.rows)
        return f"{counted(self.left_out, 'episode')} left out by the limit of {self.limit}: {cut}" if cut else ""


def choose_episodes(
    store: Store, limit: int, iterations: Collection[int] = (), names: Collection[str] = ()
) -> EpisodeChoice:
    """The committed episodes of a run, of a running one too; of some iterations or stages alone if any are named.

    Within `limit` the newest come first: the last iteration, and in it the stages in their order. Costs a listing per
    stage, and no row. Raises StoreError if there are no episodes, ConfigError if there are none of these.
    """
    there = _episode_stages(store)
    if not there:
        raise StoreError(f"{store.root} holds no episodes yet. `mucode status` says how far the run is")
    chosen = [
        one for one in there if (not iterations or one.iteration in iterations) and (not names or one.name in names)
    ]
    if not chosen:
        raise ConfigError(
            f"no episodes of {_asked(iterations, names)}; there are: "
            + ", ".join(f"{stage.name} of iteration {stage.iteration}" for stage in there)
        )
    left, cut = limit, {}
    for stage in sorted(chosen, key=lambda stage: -stage.iteration):
        cut[stage.title] = _cut(stage, left)
        left -= cut[stage.title].shown
    return EpisodeChoice(stages=tuple(cut[stage.title] for stage in chosen), limit=limit)


def _asked(iterations: Collection[int], names: Collection[str]) -> str:
    which = [*(f"stage {name}" for name in names), *(f"iteration {number}" for number in iterations)]
    return ", ".join(which)


def _episode_stages(store: Store) -> list[EpisodeStage]:
    settings = stored_settings(store)
    found = []
    for iteration in begun_iterations(store):
        begun = store.names(iteration)
        for name in EPISODE_STAGES:
            stage = _episode_stage(store, iteration, name, settings) if name in begun else None
            if stage is not None and stage.rows:
                found.append(stage)
    return found


def _episode_stage(store: Store, iteration: int, name: str, settings: dict[str, dict[str, Any]]) -> EpisodeStage:
    manifest, directory = store.read_manifest(iteration, name), store.directory(iteration, name)
    parts = manifest.parts if manifest else committed_parts(directory).values()
    rows = sum(part.rows for part in parts)
    turns = settings.get("rollouts" if name in ROLLOUTS else "eval", {}).get("turns")
    return EpisodeStage(
        iteration=iteration,
        name=name,
        directory=directory,
        parts=tuple(sorted(parts, key=lambda part: part.part)),
        rows=rows,
        shown=rows,
        finished=manifest is not None,
        turns=turns if isinstance(turns, int) else None,
        stop=str(settings.get("protocol", {}).get("stop", "public")),
        seconds=manifest.seconds if manifest else 0.0,
    )


def _cut(stage: EpisodeStage, most: int) -> EpisodeStage:
    """The stage with at most so many of its episodes."""
    parts: list[PartRecord] = []
    rows = 0
    for part in stage.parts:
        if rows >= most:
            break
        parts.append(part)
        rows += part.rows
    return replace(stage, parts=tuple(parts), shown=min(rows, max(most, 0)))
