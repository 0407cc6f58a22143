"""What the trainings of the verifier and of the generator have in common."""

from collections.abc import Callable
from typing import Any

from pipeline.state.stage import StageContext, StageOutput
from pipeline.training.types import TrainingReport


def run_training(
    context: StageContext, stage: str, train: Callable[..., TrainingReport], *arguments: Any, **options: Any
) -> StageOutput:
    """Free the accelerators, train, and say how it goes; the checkpoint lies in `directory`/checkpoint.

    The run name that Ray Train sees is unique per iteration and stage, and stable across resumes.
    """
    from pipeline.trackers.follow import follow_training

    config = context.config
    context.actor_groups.release_for("training")
    with follow_training(context.trackers, context.directory, context.iteration, stage):
        report = train(
            *arguments,
            f"{context.directory}/checkpoint",
            training=config.training,
            dtype=config.model.dtype,
            seed=config.run.seed,
            run_name=f"{config.run.name}-iter_{context.iteration:04d}-{stage}",
            storage=f"{context.run_directory}/ray_train",
            **options,
        )
    return StageOutput(checkpoint=report.checkpoint, facts=report.facts)
