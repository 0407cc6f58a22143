"""Which training a state belongs to: what decides its weights, and nothing of how it is carried out."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

from actors.storage.checkpoint import fetch_checkpoint, weights_checksum
from pipeline.training.examples import TrainingExample
from pipeline.training.settings import TrainingSettings
from pipeline.training.types import Objective

DECIDING = (
    *("batch_size", "steps", "epochs", "learning_rate", "dtype", "max_tokens", "seed", "schedule"),
    *("warmup_fraction", "weight_decay", "adam_eps", "max_grad_norm"),
)
"""Settings that change the weights by more than rounding."""


def training_identity(
    objective: Objective,
    settings: TrainingSettings,
    examples: Iterable[TrainingExample],
    shapes: Mapping[str, tuple[int, ...]],
) -> dict[str, Any]:
    """What two states of one training share, as JSON gives it back. `shapes`: of the trainable parameters by name.

    Reads every weight of the base model.
    """
    found = {
        "objective": objective.name,
        **(asdict(objective) if is_dataclass(objective) and not isinstance(objective, type) else {}),
        **{name: getattr(settings, name) for name in DECIDING},
        **({"lora_alpha": settings.lora_alpha} if settings.lora_alpha is not None else {}),
        "the base model": weights_checksum(fetch_checkpoint(settings.base)),
        "the examples": _examples_digest(examples),
        "the parameters": hashlib.sha256(json.dumps(list(shapes.items())).encode()).hexdigest(),
    }
    return json.loads(json.dumps(found, default=str))


def differing_names(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """What differs between two identities."""
    return [name for name in {**there, **here} if there.get(name) != here.get(name)]


def _examples_digest(examples: Iterable[TrainingExample]) -> str:
    """Of every token, its place and its weight: another tokenizer or other rows give another one."""
    digest = hashlib.sha256()
    for example in examples:
        lengths = [len(sequence) for sequence in example.sequences]
        digest.update(repr((lengths, example.start, example.weight)).encode())
        for sequence in example.sequences:
            digest.update(sequence.tobytes())
    return digest.hexdigest()
