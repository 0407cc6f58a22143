"""Which errors say that memory ran out: they ask for a smaller setting, not for another attempt."""

_SAID = (
    "out of memory",
    "outofmemoryerror",
    "can't allocate memory",  # torch, on CPU
    "not enough memory",
    "cannot allocate memory",
    "no available memory for the cache blocks",  # vLLM: weights and activations took its whole share
    "kv cache is needed, which is larger than",  # vLLM: one answer does not fit
    "is less than desired gpu memory utilization",  # vLLM: another process is on the device
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error, or one that caused it, is about memory: of an accelerator, of the host, or of vLLM's cache."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MemoryError) or any(words in f"{type(seen).__name__}: {seen}".lower() for words in _SAID):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
