"""What the weight check finds in engines that hold other weights than the checkpoint says, on real models.

Each fault is loaded into a real engine in place; then tensors and probe are compared with the checkpoint as it should
be. `-s` shows the table of docs/models.md.
"""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.inference.engine import EngineConfig
from actors.inference.weights import WeightProbe, WeightsError, compare_tensors, compare_weights
from actors.storage.checkpoint import Checkpoint, weights_checksum
from scripts.fetch_models import SOURCES

pytestmark = pytest.mark.slow
Tensors = dict[str, Any]
LAYER = "model.layers.{}."
DOWN = LAYER.format(10) + "mlp.down_proj.weight"
QUERY = LAYER.format(5) + "self_attn.q_proj.weight"
NORM = LAYER.format(7) + "input_layernorm.weight"


def scaled(name: str, factor: float) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {name: (tensors[name].float() * factor).to(tensors[name].dtype)}


def zeroed(name: str, rows: slice, columns: slice) -> Callable[[Tensors], Tensors]:
    def change(tensors: Tensors) -> Tensors:
        changed = tensors[name].clone()
        changed[rows, columns] = 0
        return {name: changed}

    return change


def layers_swapped(tensors: Tensors) -> Tensors:
    one, other = LAYER.format(3), LAYER.format(4)
    pairs = [(name, name.replace(one, other)) for name in tensors if name.startswith(one)]
    return {a: tensors[b] for a, b in pairs} | {b: tensors[a] for a, b in pairs}


def another_model(tensors: Tensors) -> Tensors:
    """Of the same shapes and sizes: every tensor is turned by one row."""
    return {name: tensor.roll(1, 0) for name, tensor in tensors.items()}


WHOLE = slice(None)
FAULTS: dict[str, Callable[[Tensors], Tensors]] = {
    "a matrix, 3 % too large": scaled(DOWN, 1.03),
    "a norm, 3 % too large": scaled(NORM, 1.03),
    "two layers swapped": layers_swapped,
    "three rows zeroed": zeroed(QUERY, slice(100, 103), WHOLE),
    "one column zeroed": zeroed(QUERY, WHOLE, slice(101, 102)),
    "one value zeroed": zeroed(QUERY, slice(100, 101), slice(101, 102)),
    "another model": another_model,
}
RATES = (1e-4, 1e-5, 5e-7)
GROSS = {"two layers swapped", "another model"}
"""What the probe finds in bfloat16 too; the rest moves log-probabilities by less than rounding does."""


def write(source: Path, target: Path, change: Callable[[Tensors], Tensors]) -> str:
    """A model directory like `source` with some tensors changed; other files are links."""
    from safetensors.torch import load_file, save_file

    target.mkdir()
    for path in source.iterdir():
        if path.suffix != ".safetensors":
            (target / path.name).symlink_to(path)
    tensors = load_file(source / "model.safetensors")
    tensors.update({name: value.contiguous() for name, value in change(tensors).items()})
    save_file(tensors, target / "model.safetensors", metadata={"format": "pt"})
    return str(target)


def first_steps(source: Path, rates: tuple[float, ...]) -> list[Callable[[Tensors], Tensors]]:
    """AdamW's first step of fine-tuning at each rate, which moves every weight by the rate, against its gradient."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32)
    text = "def mean(xs):\n    return sum(xs) / len(xs)\n" * 4
    ids = torch.tensor([AutoTokenizer.from_pretrained(source)(text)["input_ids"]])
    model(ids, labels=ids).loss.backward()
    signs = {name: parameter.grad.sign().to(torch.int8) for name, parameter in model.named_parameters()}

    def step(rate: float) -> Callable[[Tensors], Tensors]:
        return lambda tensors: {
            name: (tensors[name].float() - rate * sign).to(tensors[name].dtype) for name, sign in signs.items()
        }

    return [step(rate) for rate in rates]


class Tried:
    """An engine that is given weights, and the two parts of the check against any checkpoint."""

    def __init__(self, engine: Any, dtype: str) -> None:
        self.engine, self.dtype = engine, dtype
        self.probes: dict[str, WeightProbe] = {}

    async def put(self, path: str, *, pack: bool = True) -> None:
        await self.engine._on_workers("", "reload_weights", weights_path=path)
        if pack:
            await self.engine._on_workers("", "refresh_packed_weights")
        assert await self.engine._reset_prefix_cache()

    async def found_by(self, path: str) -> tuple[bool, bool, str]:
        """(tensors, probe, what they say) of the weights that the engine has, held against those in `path`."""
        probe = self.probes.setdefault(path, WeightProbe(path, 512, self.dtype))
        assert probe.expected is not None
        says = []
        for part in (self._tensors, self._probe):
            try:
                await part(path, probe)
                says.append("")
            except WeightsError as error:
                says.append(str(error).partition("them ")[2] or str(error).partition("tokens) ")[2])
        return bool(says[0]), bool(says[1]), " / ".join(says)

    async def _tensors(self, path: str, _: WeightProbe) -> None:
        compare_tensors(await self.engine._on_workers("", "compare_with_files", path=path), path)

    async def _probe(self, path: str, probe: WeightProbe) -> None:
        assert probe.expected is not None
        found = await self.engine.logprobs(probe.ids, read_cache=False)
        compare_weights(found, probe.expected, probe.tolerance, path)


@pytest.mark.parametrize("name", list(SOURCES))
@pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
def test_other_weights_are_found_and_the_right_ones_accepted(name: str, dtype: str, tmp_path: Path) -> None:
    from actors.inference.open import open_engine

    model = Path(os.environ.get("MUCODE_MODEL_DIR", "/nowhere")) / name
    if not model.is_dir():
        pytest.skip(f"MUCODE_MODEL_DIR has no {name}: python scripts/fetch_models.py DIR")
    right = Checkpoint(path=str(model), policy_id=weights_checksum(model))

    async def main() -> None:
        engine = open_engine(EngineConfig(checkpoint=right, dtype=dtype, kv_cache_mib=64))  # type: ignore[arg-type]
        report = await engine.load(right)
        print(f"{name} {dtype}: {report}", flush=True)
        assert not report.rebuilt and report.reference and report.share == 1.0
        tried = Tried(engine, dtype)
        rows: dict[str, tuple[bool, bool, str]] = {}

        async def note(fault: str, path: str) -> None:
            rows[fault] = tensors, probe, says = await tried.found_by(path)
            print(f"| {name} | {dtype} | {fault} | {tensors} | {probe} | {says} |", flush=True)

        for number, (fault, change) in enumerate(FAULTS.items()):
            await tried.put(write(model, tmp_path / str(number), change))
            await note(fault, right.path)
        for rate, step in zip(RATES, first_steps(model, RATES), strict=True):
            trained = write(model, tmp_path / f"rate{rate}", step)
            await tried.put(right.path)
            await note(f"one step at {rate:g} is missing", trained)
            await tried.put(trained, pack=False)
            await note(f"tied output one step old at {rate:g}", trained)
            await tried.put(trained)
            assert (await tried.found_by(trained))[:2] == (False, False)
        await engine.close()
        assert {fault for fault, row in rows.items() if not row[0]} <= {"one value zeroed"}
        assert {fault for fault, row in rows.items() if row[1]} >= GROSS

    asyncio.run(main())
