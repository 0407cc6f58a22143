"""Fine-tuning the generator on relabelled examples."""

from pipeline.cluster.training_workers import TrainingWorkers
from pipeline.config.training_sections import FineTuneSection, TrainingSection
from pipeline.training.ray_train import train_with_ray
from pipeline.training.settings import TrainingJob, training_settings
from pipeline.training.target_loss import TargetLoss
from pipeline.training.types import TrainingReport


def fine_tune(
    job: TrainingJob,
    config: FineTuneSection,
    training: TrainingSection,
    workers: TrainingWorkers | None = None,
) -> TrainingReport:
    """Train `job.base` on the committed examples of `job.data` and save a Hugging Face directory at `job.out`.

    `workers`: as in `train_with_ray`. Raises TrainingError or CheckpointError before any work if the input is unusable,
    TrainingFailed later on.
    """
    settings = training_settings(job, config, training, batch_size=config.batch_examples)
    return train_with_ray(TargetLoss(), settings, training, job, workers)
