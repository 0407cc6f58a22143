"""Which engine a config asks for. Imports vLLM only when it is called."""

from actors.inference.engine import Engine, EngineConfig


def open_engine(config: EngineConfig) -> Engine:
    """Build the engine that the config asks for. It samples only after `load` has checked a checkpoint.

    Takes 5-70 s, most of it vLLM's import; weights start as the config's checkpoint, so its `load` is only a check.
    """
    kind = config.kind
    if kind == "auto":
        import torch

        kind = "async" if torch.cuda.is_available() else "in_process"
    if kind == "async":
        from actors.inference.vllm_async import AsyncEngine

        return AsyncEngine(config)
    from actors.inference.vllm_in_process import ThreadEngine

    return ThreadEngine(config)
