"""Training the verifier: a scalar head on the base model."""

from pipeline.config.training_sections import TrainingSection, VerifierSection
from pipeline.training.pair_loss import PairLoss
from pipeline.training.ray_train import train_with_ray
from pipeline.training.settings import TrainingJob, training_settings
from pipeline.training.types import TrainingReport


def train_verifier(
    pairs_dir: str,
    base: str,
    out_dir: str,
    *,
    config: VerifierSection,
    training: TrainingSection,
    dtype: str,
    max_tokens: int,
    seed: int,
    run_name: str,
    storage: str,
) -> TrainingReport:
    """Train `base` on the committed pairs of `pairs_dir` and save a Hugging Face directory at `out_dir`.

    `base` may be a causal model, which gets a fresh head, or a verifier, which is trained on. Linear
    schedule without warm-up, no weight decay, as in the released code of arXiv 2502.20380. Raises as `fine_tune`.
    """
    job = TrainingJob(
        data=pairs_dir,
        base=base,
        out=out_dir,
        dtype=dtype,
        max_tokens=max_tokens,
        seed=seed,
        run_name=run_name,
        storage=storage,
    )
    settings = training_settings(job, config, training, batch_size=config.batch_pairs)
    objective = PairLoss(kind=config.loss, reward_l2=config.reward_l2)
    return train_with_ray(objective, settings, training, job)
