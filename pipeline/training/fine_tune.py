"""Fine-tuning the generator on relabelled examples."""

from pipeline.config.training_sections import FineTuneSection, TrainingSection
from pipeline.training.ray_train import train_with_ray
from pipeline.training.settings import TrainingJob, training_settings
from pipeline.training.target_loss import TargetLoss
from pipeline.training.types import TrainingReport


def fine_tune(
    examples_dir: str,
    base: str,
    out_dir: str,
    *,
    config: FineTuneSection,
    training: TrainingSection,
    dtype: str,
    max_tokens: int,
    seed: int,
    run_name: str,
    storage: str,
) -> TrainingReport:
    """Train `base` on the committed parts of `examples_dir` and save a Hugging Face directory at `out_dir`.

    Raises TrainingError or CheckpointError before any work if the input is unusable, TrainingFailed later on.
    """
    job = TrainingJob(
        data=examples_dir,
        base=base,
        out=out_dir,
        dtype=dtype,
        max_tokens=max_tokens,
        seed=seed,
        run_name=run_name,
        storage=storage,
    )
    settings = training_settings(job, config, training, batch_size=config.batch_examples)
    return train_with_ray(TargetLoss(), settings, training, job)
