"""What the trainings of the verifier and of the generator have in common."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from pipeline.cluster.training_workers import TrainingWorkers
from pipeline.config.training_sections import TrainedSection, TrainingSection
from pipeline.state.stage import StageContext, StageOutput
from pipeline.training.settings import TrainingJob
from pipeline.training.types import TrainingReport

SectionT = TypeVar("SectionT", bound=TrainedSection)


def run_training(
    context: StageContext,
    train: Callable[[TrainingJob, SectionT, TrainingSection, TrainingWorkers | None], TrainingReport],
    section: SectionT,
    job: TrainingJob,
    stage: str,
) -> StageOutput:
    """Free the accelerators, train, and say how it goes."""
    from pipeline.trackers.follow import follow_training

    context.actor_groups.release_for("training")
    with follow_training(context.trackers, context.directory, context.iteration, stage):
        report = train(job, section, context.config.training, context.actor_groups.training_workers)
    return StageOutput(checkpoint=report.checkpoint, facts=report.facts)


def expect_training(context: StageContext) -> None:
    """Have training workers that stay starting beside what the stage does, which will be trained on."""
    workers, config = context.actor_groups.training_workers, context.config
    if workers is not None:
        from pipeline.training.ray_train import start_workers

        start_workers(workers, config.training, config.run.name, ray_train_storage(context))


def ray_train_storage(context: StageContext) -> str:
    """Where Ray Train keeps its books."""
    return f"{context.run_directory}/ray_train"


def training_job(context: StageContext, stage: str, *, data: str, base: str, max_tokens: int) -> TrainingJob:
    """A training of `base` on the rows of the directory `data`; the checkpoint lies in the stage's checkpoint/.

    The run name that Ray Train sees is unique per iteration and stage, and stable across resumes.
    """
    config = context.config
    return TrainingJob(
        data=data,
        base=base,
        out=f"{context.directory}/checkpoint",
        dtype=config.weights_dtype,
        threads=context.actor_groups.training_threads(base),
        max_tokens=max_tokens,
        seed=config.run.seed,
        run_name=f"{config.run.name}-iter_{context.iteration:04d}-{stage}",
        storage=ray_train_storage(context),
    )


def counts_text(counts: Mapping[str, int]) -> str:
    """Counts of a manifest for a message: "problems 16, problems without right answer 12"."""
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in counts.items() if count)
