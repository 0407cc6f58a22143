"""An adapter and its base as one model, for whoever loads whole models."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from actors.inference.adapter import base_directory, find_adapter
from actors.inference.merged_tensors import merge_adapter
from actors.scorers.verifier import padding_id
from pipeline.training.generation_settings import make_saveable


@contextmanager
def whole_model(folder: Path, *, is_verifier: bool, dtype: str) -> Iterator[Path]:
    """`folder`, or if that holds an adapter a directory of the merged model while the body lasts.

    It takes the memory of the model in `dtype`, "float32" or "bfloat16". Raises CheckpointError if the base is gone.
    """
    if find_adapter(folder) is None:
        yield folder
        return
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    base, number = base_directory(folder), getattr(torch, dtype)
    tokenizer = AutoTokenizer.from_pretrained(base)
    if is_verifier:
        model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1, dtype=number)
        model.config.pad_token_id = padding_id(tokenizer)
    else:
        model = AutoModelForCausalLM.from_pretrained(base, dtype=number)
    merge_adapter(model, str(folder))
    make_saveable(model)
    with tempfile.TemporaryDirectory(prefix="mucode-merged-") as merged:
        model.save_pretrained(merged)
        tokenizer.save_pretrained(merged)
        yield Path(merged)
