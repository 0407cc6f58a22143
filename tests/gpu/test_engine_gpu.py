"""AsyncLLM on an accelerator, in bfloat16: one command that is green or skipped.

    python -m pytest tests/gpu

What float32 proves exactly on a CPU (tests/ray/test_engine.py) is checked here within bfloat16's tolerance.
"""

import asyncio
from pathlib import Path

import pytest

from actors.inference.engine import EngineConfig, EngineError, Sampling
from actors.inference.weights import WeightProbe, WeightsError, probe_ids
from actors.storage.checkpoint import Checkpoint, weights_checksum
from tests.ray.tiny_vllm import save_tiny_llama

torch = pytest.importorskip("torch")
pytest.importorskip("vllm")
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
]

HOT = Sampling(n=4, temperature=1.0, max_tokens=24, seed=7)


def test_the_engine_samples_reloads_checks_and_closes(tmp_path: Path) -> None:
    from actors.inference.open import open_engine

    first, second = (
        Checkpoint(path=path, policy_id=weights_checksum(path))
        for path in (save_tiny_llama(tmp_path / f"seed{seed}", seed, tied=True) for seed in (1, 2))
    )

    async def main() -> None:
        engine = open_engine(EngineConfig(checkpoint=first, dtype="bfloat16", gpu_memory_fraction=0.3))
        assert type(engine).__name__ == "AsyncEngine"  # auto
        await engine.load(first)
        prompt = probe_ids(300, 150)
        before = await engine.generate(prompt, HOT)
        assert len({completion.token_ids for completion in before}) == 4
        assert await engine.generate(prompt, HOT) == before
        with pytest.raises(WeightsError):
            await WeightProbe(second.path, 512, "bfloat16").check(engine)
        report = await engine.load(second)
        assert (report.rebuilt, report.share) == ("", 1.0)
        assert engine.policy_id == second.policy_id
        assert await engine.generate(prompt, HOT) != before
        await engine.close()
        with pytest.raises(EngineError):
            await engine.generate(prompt, HOT)

    asyncio.run(main())
