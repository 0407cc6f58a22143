"""What a run will write, before it is begun."""

import pytest

from pipeline.config.load import load_config
from pipeline.preflight.estimate import run_cost
from pipeline.state.problems import ProblemSplits

ADAPTERS = ["fine_tune.lora_rank=4", "verifier.lora_rank=4"]


def test_adapters_of_a_model_that_is_known_by_its_name_alone_have_no_size() -> None:
    """Not a size of 0."""
    named = ["model.generator=org/Model-8B", "model.verifier=org/Model-8B"]
    assert run_cost(load_config(None, [*named, *ADAPTERS]), ProblemSplits()).checkpoint_bytes is None


@pytest.mark.parametrize("whole", [None, "fine_tune.lora_rank"])
def test_adapters_of_a_model_that_is_here_are_small(whole: str | None) -> None:
    splits = ProblemSplits()
    found = run_cost(load_config(None, [one for one in ADAPTERS if not whole or whole not in one]), splits)
    everything = run_cost(load_config(None, []), splits)
    assert found.checkpoint_bytes and everything.checkpoint_bytes
    assert found.checkpoint_bytes < everything.checkpoint_bytes * (0.8 if whole else 0.2)
