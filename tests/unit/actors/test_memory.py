"""Which errors are about memory, in the words of those who raise them."""

import pytest
import torch

from actors.memory import is_out_of_memory
from actors.scorers.scorer import ScorerError
from actors.scorers.verifier import LearnedVerifier
from tests.support.tiny_models import tiny_verifier

ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried"),
    MemoryError(),
    OSError(12, "Cannot allocate memory"),
    ValueError("No available memory for the cache blocks. Try increasing `gpu_memory_utilization`"),
    ValueError("(0.18 GiB KV cache is needed, which is larger than the available KV cache memory (0.12 GiB)"),
    ValueError("Free memory on device (1/80 GiB) on startup is less than desired GPU memory utilization (0.9, 72 GiB)"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: str(error)[:30])
def test_errors_about_memory_are_known_wherever_they_stand(error: Exception) -> None:
    assert is_out_of_memory(error)
    outer = RuntimeError("the engine failed")
    outer.__cause__ = error
    assert is_out_of_memory(outer)
    assert not is_out_of_memory(ValueError("the memory of a box is 256 MiB"))


def test_a_verifier_without_memory_names_what_bounds_its_batches(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    verifier = LearnedVerifier(str(tiny_verifier(tmp_path_factory.mktemp("v") / "v")), batch_tokens=640, max_tokens=99)

    def forward(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    verifier.model.base_model.register_forward_pre_hook(forward)
    with pytest.raises(ScorerError, match=r"padded tokens: lower training.micro_batch_tokens = 640, .*max_tokens = 99"):
        verifier.score_pairs([("p", "a")])
