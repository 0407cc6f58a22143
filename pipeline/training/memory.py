"""A training that ran out of memory: which settings to change, in the order of what they cost."""

from actors.batch_tokens import tokens_per_pass
from pipeline.training.errors import TrainingFailed
from pipeline.training.settings import TrainingSettings

SHOWN_CHARACTERS = 160
ENDED_BY_ANOTHER = ("died unexpectedly", "sigkill", "was killed", "worker exit type: system_error")
"""How Ray tells, in lower case, of a process that something else ended, which is most often the kernel, for memory."""


def smaller_settings(settings: TrainingSettings) -> str:
    """What takes less memory, with the values now."""
    ways = [f"lower training.micro_batch_tokens = {tokens_per_pass(settings.micro_batch_tokens)}"]
    if settings.freeze:  # nothing is kept for a backward pass
        return f"{ways[0]}, or lower verifier.max_tokens = {settings.max_tokens}"
    if not settings.gradient_checkpointing:
        ways.append("set training.gradient_checkpointing = true")
    if settings.zero_stage < 3:
        ways.append(f"raise training.zero_stage = {settings.zero_stage} with more training.workers")
    if not settings.offload:
        ways.append("set training.offload = true")
    return f"{', '.join(ways)}, or lower model.max_tokens = {settings.max_tokens}"


def out_of_memory(name: str, settings: TrainingSettings, error: BaseException) -> TrainingFailed:
    """The error for a person; it would come again, so nothing is tried again."""
    said = " ".join(str(error).split())[:SHOWN_CHARACTERS] or type(error).__name__
    return TrainingFailed(f"{name}: out of memory ({said}…): {smaller_settings(settings)}")
