"""A forward pass without a set size: small on CPU."""

import torch

from actors.batch_tokens import ON_ACCELERATOR, ON_CPU, tokens_per_pass
from actors.scorers.actor import ScorerActor
from pipeline.config.training_sections import TrainingSection


def test_a_setting_wins_and_else_the_device_says() -> None:
    assert tokens_per_pass(100) == 100
    assert tokens_per_pass(None) == (ON_ACCELERATOR if torch.cuda.is_available() else ON_CPU)


def test_nothing_is_set_by_default() -> None:
    assert TrainingSection().micro_batch_tokens is None
    assert ScorerActor().batch_tokens is None
