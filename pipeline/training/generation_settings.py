"""A model's generation_config.json, made fit to be saved again with the trained weights."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import PreTrainedModel

TOKENS = ("bos_token_id", "eos_token_id", "pad_token_id")


def make_saveable(model: "PreTrainedModel") -> None:
    """Publishers' settings that contradict each other, as a temperature with do_sample = false, are left out.

    transformers reads such a file and refuses to write it, which would lose a finished training. Tokens are kept, the
    list of those that end an answer too. Sampling here reads nothing else of it.
    """
    if not model.can_generate():
        return
    from transformers import GenerationConfig

    found = model.generation_config
    try:
        found.validate(strict=True)
    except ValueError:
        tokens = {name: getattr(found, name, None) for name in TOKENS}
        if isinstance(tokens["pad_token_id"], int) and tokens["pad_token_id"] < 0:  # another thing it refuses
            tokens["pad_token_id"] = None
        model.generation_config = GenerationConfig(**tokens)
