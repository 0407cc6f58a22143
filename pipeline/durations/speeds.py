"""What a run's devices compute each second, by what they do, and where that is known from."""

from dataclasses import dataclass
from typing import Literal

from actors.machine.capacity import Machine
from pipeline.durations.cluster import DescribedCluster

Doing = Literal["sampling", "reading", "training"]
"""Sampling tokens one after the other, many episodes at a time; reading prompts or answers at once; training."""
CORE_GIGAFLOPS = {"bfloat16": 187.0, "float32": 88.0}
"""Of one core with AVX-512, as docs/results/real-model-speed.md measured it."""
CPU_SHARES: dict[Doing, float] = {"sampling": 0.5, "reading": 0.95, "training": 0.63}
"""Of that, what vLLM and a training reached there: Qwen2.5-Coder-0.5B sampled, SmolLM2-135M trained."""
ACCELERATOR_SHARES: dict[Doing, float] = {"sampling": 0.15, "reading": 0.4, "training": 0.3}
"""Of the data sheet's bfloat16, none measured by this project. Sampling lies between two that were published for
Llama-3.1-8B: NVIDIA's benchmarks of its NIM (13,348 tokens/s with 200 requests on one H100: 0.22) and vLLM's nightly
build 9515 (22.6 requests/s of ShareGPT, some 200 tokens each, on one H200: 0.07). Training has 0.38 to 0.43 in arXiv
2407.21783, table 4; batches here are smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """FLOP/s of one device; `devices`: how many there are; `device_name`, `source`: for a person."""

    each: dict[Doing, float]
    devices: int
    device_name: str
    source: str
    accelerated: bool


def cpu_speeds(machine: Machine, dtype: str) -> Speeds:
    peak = CORE_GIGAFLOPS[dtype if machine.bfloat16 else "float32"] * 1e9
    return Speeds(
        each={doing: share * peak for doing, share in CPU_SHARES.items()},
        devices=machine.cores,
        device_name=f"{machine.cores} core{'s'[: machine.cores > 1]} of this machine",
        source=f"{peak / 1e9:.0f} GFLOP/s a core, measured on one with AVX-512",
        accelerated=False,
    )


def accelerator_speeds(cluster: DescribedCluster, dtype: str) -> Speeds:
    """float32 is computed at half of bfloat16's rate (TF32)."""
    peak = cluster.device.teraflops * 1e12 * (1.0 if dtype == "bfloat16" else 0.5)
    shares = ", ".join(f"{doing} {share:.0%}" for doing, share in ACCELERATOR_SHARES.items())
    return Speeds(
        each={doing: share * peak for doing, share in ACCELERATOR_SHARES.items()},
        devices=cluster.accelerators,
        device_name=str(cluster),
        source=f"{shares} of {peak / 1e12:.0f} TFLOP/s, as others published, not measured here",
        accelerated=True,
    )
