"""vLLM's own errors about memory, as errors that name our settings."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import torch

from actors.inference.engine import EngineConfig, EngineError, Sampling
from actors.storage.checkpoint import Checkpoint, weights_checksum
from tests.ray.tiny_vllm import save_tiny_llama

pytest.importorskip("vllm")
pytestmark = pytest.mark.slow


def engine(folder: Path, positions: int, cache_mib: int) -> Any:
    from actors.inference.vllm_in_process import ThreadEngine

    path = save_tiny_llama(folder, 1, positions=positions)
    checkpoint = Checkpoint(path=path, policy_id=weights_checksum(path))
    return checkpoint, ThreadEngine(EngineConfig(checkpoint=checkpoint, max_context=positions, kv_cache_mib=cache_mib))


def test_a_cache_that_holds_no_answer_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"Out of memory: raise generator.kv_cache_mib = 16 .*max_tokens = 40000"):
        engine(tmp_path / "long", 40_000, 16)


def test_an_engine_that_runs_out_of_memory_while_sampling_names_the_setting(tmp_path: Path) -> None:
    async def main() -> None:
        checkpoint, built = engine(tmp_path / "short", 512, 64)
        await built.load(checkpoint)

        def step() -> None:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

        built._engine.step = step
        with pytest.raises(EngineError, match=r"decoding: OutOfMemoryError: .*\. Out of memory: .*kv_cache_mib"):
            await built.generate([5, 6], Sampling(max_tokens=4))
        await built.close()

    asyncio.run(main())
