"""How far an engine's log-probabilities may be from transformers': by the model's own rounding."""

from pathlib import Path

import pytest

from actors.inference.weights import FLOAT32, LEAST, ROOM, WeightProbe, WeightsError, compare_weights, derived_tolerance

GENERATOR = Path(__file__).parents[4] / "pipeline" / "embedded" / "generator"


def test_a_model_that_rounds_to_more_is_allowed_more() -> None:
    exact = [-1.0, -2.0, -3.0, -4.0]
    allowed = derived_tolerance(exact, [-1.3, -2.0, -3.1, -4.0], ROOM, LEAST)
    assert (allowed.largest, allowed.mean) == (pytest.approx(ROOM * 0.3), pytest.approx(ROOM * 0.1))
    assert derived_tolerance(exact, exact, ROOM, LEAST) == LEAST


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_other_weights_are_beyond_it(dtype: str) -> None:
    """A matrix that is one hundredth off, and another one in its place."""
    import torch
    from transformers import AutoModelForCausalLM

    probe = WeightProbe(str(GENERATOR), 512, dtype)
    assert dtype == "bfloat16" or probe.tolerance == FLOAT32
    model = AutoModelForCausalLM.from_pretrained(GENERATOR, dtype=torch.float32)
    compare_weights(probe._pass(model), probe.expected, probe.tolerance, "it")
    changed = model.model.layers[0].mlp.down_proj.weight
    changed.data = changed.data * (1.01 if dtype == "float32" else 1.5)
    with pytest.raises(WeightsError, match="its rounding allows"):
        compare_weights(probe._pass(model), probe.expected, probe.tolerance, "it")


def test_a_nan_is_no_agreement() -> None:
    with pytest.raises(WeightsError, match="differ by up to"):
        compare_weights([float("nan"), -1.0], [-1.0, -1.0], LEAST, "it")
