"""The config's sections become the settings of a training, each field by its name."""

from pipeline.config.training_sections import FineTuneSection, TrainingSection, VerifierSection
from pipeline.training.settings import TrainingJob, training_settings
from pipeline.training.zero import deepspeed_config

JOB = TrainingJob(
    data="examples",
    base="model",
    out="out",
    dtype="bfloat16",
    max_tokens=64,
    seed=7,
    run_name="run",
    storage="ray",
    threads=2,
)


def test_fine_tuning() -> None:
    section = FineTuneSection(
        learning_rate=0.5, steps=3, warmup_fraction=0.25, schedule="constant", weight_decay=0.125, max_grad_norm=2.0
    )
    training = TrainingSection(
        zero_stage=3, offload=True, gradient_checkpointing=True, micro_batch_tokens=100, threads=5
    )
    settings = training_settings(JOB, section, training, batch_size=4)
    assert (settings.data, settings.base, settings.out, settings.dtype) == ("examples", "model", "out", "bfloat16")
    assert (settings.max_tokens, settings.seed, settings.batch_size) == (64, 7, 4)
    assert (settings.steps, settings.epochs, settings.learning_rate, settings.warmup_fraction) == (3, None, 0.5, 0.25)
    assert (settings.schedule, settings.weight_decay, settings.max_grad_norm) == ("constant", 0.125, 2.0)
    assert (settings.zero_stage, settings.offload, settings.gradient_checkpointing) == (3, True, True)
    assert (settings.micro_batch_tokens, settings.threads, settings.adam_eps) == (100, 2, 1e-8)


def test_a_verifier_has_the_schedule_of_the_released_code_and_the_job_says_its_length() -> None:
    section = VerifierSection(adam_eps=0.5, epochs=2.0, max_tokens=16)
    settings = training_settings(JOB, section, TrainingSection(), batch_size=4)
    assert (settings.adam_eps, settings.steps, settings.epochs) == (0.5, None, 2.0)
    assert (settings.schedule, settings.warmup_fraction, settings.weight_decay) == ("linear", 0.0, 0.0)
    assert (settings.max_tokens, settings.threads) == (64, 2)
    assert settings.max_grad_norm == 1.0
    free = training_settings(JOB, VerifierSection(max_grad_norm=0.0), TrainingSection(), batch_size=4)
    assert deepspeed_config(free)["gradient_clipping"] == 0.0
