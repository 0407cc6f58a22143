"""The curves of each training: loss, learning rate, gradient norm and tokens per second, by step.

Runs made before `training_steps.parquet` was written have none.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.report import charts
from pipeline.report.html import html_figure, swatch_legend
from pipeline.report.panels import Line, panel
from pipeline.stages.catalogue import STAGES
from pipeline.state.manifest import Manifest
from pipeline.state.stage import Stage
from pipeline.trackers.steps import StepRecord, read_training_steps

MOST_POINTS = 150
"""Of a line; of longer trainings each point is the mean of consecutive steps."""
Chunk = Sequence[StepRecord]


@dataclass(frozen=True, slots=True)
class Quantity:
    """One panel: `value` of consecutive steps, None if it is not known of them."""

    title: str
    value: Callable[[Chunk], float | None]


def _mean_norm(steps: Chunk) -> float | None:
    known = [step.grad_norm for step in steps if step.grad_norm is not None]
    return sum(known) / len(known) if known else None


def _tokens_per_second(steps: Chunk) -> float | None:
    seconds = sum(step.seconds for step in steps)
    return sum(step.tokens for step in steps) / seconds if seconds else None


QUANTITIES = (
    Quantity("loss", lambda steps: sum(step.loss for step in steps) / len(steps)),
    Quantity("learning rate", lambda steps: sum(step.learning_rate for step in steps) / len(steps)),
    Quantity("gradient norm", _mean_norm),
    Quantity("tokens per second", _tokens_per_second),
)


def training_figures(manifests: Sequence[Manifest]) -> Iterator[str]:
    """One figure per kind of training, its iterations as lines; of runs that have no steps none."""
    for stage in STAGES:
        mine = [manifest for manifest in manifests if manifest.stage == stage.name and manifest.checkpoint]
        trainings = [(manifest.iteration, read_training_steps(manifest.directory)) for manifest in mine]
        found = [(iteration, steps) for iteration, steps in trainings if steps]
        if found:
            yield _figure(stage, found)


def _figure(stage: Stage, trainings: Sequence[tuple[int, list[StepRecord]]]) -> str:
    names = [
        ("turn", f"iteration {iteration}", charts.shade_class(place, len(trainings)))
        for place, (iteration, _) in enumerate(trainings)
    ]
    panels = ""
    for quantity in QUANTITIES:
        lines = [
            Line(name=name, shade=shade, points=_points(steps, quantity.value))
            for (_, name, shade), (_, steps) in zip(names, trainings, strict=True)
        ]
        panels += panel(quantity.title, lines)
    longest = max(len(steps) for _, steps in trainings)
    mean = "" if longest <= MOST_POINTS else f" Each point is the mean of up to {_chunk_size(longest)} steps."
    caption = f"By optimizer step, {longest} in all.{mean}"
    title = stage.title[:1].upper() + stage.title[1:]
    return html_figure(title, f"{swatch_legend(names)}<div class=panels>{panels}</div>", caption)


def _points(steps: Chunk, value: Callable[[Chunk], float | None]) -> list[tuple[float, float]]:
    size = _chunk_size(len(steps))
    chunks = [steps[first : first + size] for first in range(0, len(steps), size)]
    values = ((chunk[-1].step, value(chunk)) for chunk in chunks)
    return [(float(step), found) for step, found in values if found is not None]


def _chunk_size(steps: int) -> int:
    return -(-steps // MOST_POINTS)
