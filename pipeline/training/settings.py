"""What a training is told, in one record that travels to its workers."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from pipeline.config.training_sections import TrainedSection, TrainingSection


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingJob:
    """One training, apart from how it learns: its data, the model that it starts from, and where the result goes."""

    data: str
    """Directory of a stage whose committed rows are trained on: a local path or an address."""
    base: str
    """A Hugging Face directory, address or name."""
    out: str
    """Where the checkpoint appears, beside the stage's manifest."""
    dtype: str
    """ "float32" or "bfloat16"."""
    max_tokens: int
    """Longer rows are left out and counted."""
    seed: int
    run_name: str
    """Of Ray Train, unique per iteration and stage."""
    storage: str
    """Where Ray Train keeps its books."""
    threads: int = 1
    """Of torch, on CPU. More than the cores that are free makes it slower by far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSettings:
    """What every rank is told. Lengths in tokens; exactly one of steps and epochs is set."""

    data: str
    base: str
    out: str
    batch_size: int
    """Examples, or pairs, of one optimizer step."""
    steps: int | None
    epochs: float | None
    learning_rate: float
    dtype: str
    max_tokens: int
    micro_batch_tokens: int | None
    """None: what suits the worker's device."""
    seed: int
    schedule: str = "linear"
    warmup_fraction: float = 0.0
    weight_decay: float = 0.0
    adam_eps: float = 1e-8
    max_grad_norm: float = 1.0
    zero_stage: int = 1
    offload: bool = False
    gradient_checkpointing: bool = False
    save_every_s: float = 0.0
    """Seconds between saved states; 0 saves none."""
    threads: int = 1
    lora_rank: int | None = None
    """Rank of the adapters that are trained instead of all weights; None: all weights."""
    lora_alpha: float | None = None
    """What their product is multiplied by, over the rank; None: twice the rank."""
    freeze: bool = False
    """Train the verifier's head alone."""


def training_settings(
    job: TrainingJob, section: TrainedSection, training: TrainingSection, *, batch_size: int
) -> TrainingSettings:
    """Settings of the config's sections by their names; what `job` names wins, and what nobody names is the default."""
    given: dict[str, Any] = {**dict(training), **dict(section), **asdict(job)}
    names = {field.name for field in fields(TrainingSettings)}
    known = {name: value for name, value in given.items() if name in names}
    return TrainingSettings(**known, batch_size=batch_size)
