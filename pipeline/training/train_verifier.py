"""Training the verifier: a scalar head on the base model."""

from pipeline.cluster.training_workers import TrainingWorkers
from pipeline.config.training_sections import TrainingSection, VerifierSection
from pipeline.training.pair_loss import PairLoss
from pipeline.training.ray_train import train_with_ray
from pipeline.training.settings import TrainingJob, training_settings
from pipeline.training.types import TrainingReport


def train_verifier(
    job: TrainingJob,
    config: VerifierSection,
    training: TrainingSection,
    workers: TrainingWorkers | None = None,
) -> TrainingReport:
    """Train `job.base` on the committed pairs of `job.data` and save a Hugging Face directory at `job.out`.

    The base may be a causal model, which gets a fresh head, or a verifier, which is trained on. Linear schedule
    without warm-up, as in the released code of arXiv 2502.20380, and no weight decay, where that code leaves AdamW's
    default of 0.01: at its learning rate of 1e-6 a factor of 1 - 1e-8 per step. Raises as `fine_tune`.
    """
    settings = training_settings(job, config, training, batch_size=config.batch_pairs)
    objective = PairLoss(kind=config.loss, reward_l2=config.reward_l2)
    return train_with_ray(objective, settings, training, job, workers)
