"""The engine that a settled config asks for on a machine of certain sizes."""

from actors.inference.engine import EngineConfig
from actors.storage.checkpoint import Checkpoint
from pipeline.config.schema import Config
from pipeline.sizing.choices import Sizes

MIN_SEQUENCES = 256
"""Sequences decoded together: a best-of-N turn asks for N at once."""


def engine_config(config: Config, sizes: Sizes, policy: Checkpoint) -> EngineConfig:
    settings = config.generator
    return EngineConfig(
        checkpoint=policy,
        kind=settings.engine,
        dtype=config.weights_dtype,
        max_context=config.context_tokens,
        max_sequences=max(sizes.episodes_in_flight, MIN_SEQUENCES),
        tensor_parallel=settings.tensor_parallel,
        threads=sizes.generator_threads,
        kv_cache_mib=sizes.kv_cache_mib,
        gpu_memory_fraction=settings.gpu_memory_fraction,
        start_deadline_s=settings.start_deadline_s,
    )
