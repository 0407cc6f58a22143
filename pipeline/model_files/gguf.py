"""A GGUF file becomes a Hugging Face directory that engines, training and export accept.

transformers reads the file and dequantises its weights. A model that it calls quantised can be neither saved nor
trained, so the weights go into a fresh one of the same architecture.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actors.prompting.turn_ends import end_token_ids
from actors.storage.checkpoint import save_atomically
from pipeline.model_files.comparison import Difference, compare_predictions, predictions
from sandbox.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedModel

MAGIC, HEADER_BYTES = b"GGUF", 24
NEEDED = "general.architecture", "tokenizer.ggml.model", "tokenizer.ggml.tokens"
SHOWN = 200
"""Characters of another library's error."""
DTYPES = ("bfloat16", "float32", "float16")
EXACT = 1e-3
"""Log-probabilities of the same weights, computed twice in fp32, differ by less."""
SAME = 0.25
"""Relative distance of matrices; of two that were trained apart it is above 1."""


class ImportModelError(UserError, ValueError):
    """A file that cannot be imported, or a place where nothing can be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedModel:
    """What came of an import. `rounding`: the directory's weights against those of the file, in fp32."""

    directory: Path
    policy_id: str
    architecture: str
    parameters: int
    dtype: str
    tied: bool
    ends: tuple[str, ...]
    rounding: Difference


def import_gguf(file: Path, out: Path, dtype: str = "bfloat16") -> ImportedModel:
    """Write `out`, whole or not at all. Raises ImportModelError.

    Both models are in memory in fp32: 8 bytes for each parameter, and half as much again while it is written.
    """
    _require_gguf(file)
    _require_place(out)
    _require_whole(file)
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()
    model, tokenizer = _read(file)
    before = predictions(model, tokenizer)
    fresh = _fresh(model, file)
    ends = sorted(end_token_ids(tokenizer))
    _describe_ends(fresh, ends)
    _round(fresh, getattr(torch, dtype))

    def write(directory: Path) -> None:
        fresh.save_pretrained(directory)
        tokenizer.save_pretrained(directory)
        _round(fresh, torch.float32)
        again = AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
        _require_equal(predictions(fresh, tokenizer), predictions(again, tokenizer))

    try:
        saved = save_atomically(write, str(out))
    except (OSError, SafetensorError) as error:  # the second, too, where a disk is full
        raise ImportModelError(f"{out} cannot be written: {error}; free some room, or name another place") from error
    return ImportedModel(
        directory=out,
        policy_id=saved.policy_id,
        architecture=type(fresh).__name__,
        parameters=fresh.num_parameters(),
        dtype=dtype,
        tied=bool(fresh.config.tie_word_embeddings),
        ends=tuple(tokenizer.convert_ids_to_tokens(ends)),
        rounding=compare_predictions(before, predictions(fresh, tokenizer)),
    )


def _round(model: "PreTrainedModel", dtype: Any) -> None:
    """Parameters alone: buffers that are computed, as the angles of positions are, stay in fp32."""
    for parameter in model.parameters():
        parameter.data = parameter.data.to(dtype)


def _require_gguf(file: Path) -> None:
    if not file.is_file():
        found = "a directory" if file.is_dir() else "no such file"
        raise ImportModelError(f"{file}: {found}; expected a model in the GGUF format")
    with file.open("rb") as opened:
        beginning = opened.read(HEADER_BYTES)
    if not beginning.startswith(MAGIC):
        raise ImportModelError(f"{file} is not in the GGUF format: it does not begin with {MAGIC.decode()}")
    if len(beginning) < HEADER_BYTES:
        raise ImportModelError(f"{file} cannot be read: it ends after {len(beginning)} bytes; copy it again")


def _require_whole(file: Path) -> None:
    """By its header, before the libraries that make a model of it take a minute."""
    from gguf import GGUFReader

    try:
        reader = GGUFReader(file)
    except Exception as error:  # of a file that is cut it raises anything
        raise ImportModelError(f"{file} cannot be read ({_said(error)}); is it whole? Copy it again") from error
    if reader.byte_order != "I":
        raise ImportModelError(f"{file} has the byte order of other machines; take the file for little-endian ones")
    lacking = [name for name in NEEDED if name not in reader.fields]
    if lacking or not reader.tensors:
        raise ImportModelError(
            f"{file} has no {lacking[0] if lacking else 'tensors'}; take the file of a whole model, with its tokenizer"
        )


def _said(error: Exception) -> str:
    """In one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:SHOWN]}"


def _require_place(out: Path) -> None:
    """Minutes of work are to be written there."""
    if out.exists():
        raise ImportModelError(f"{out} exists; name a directory that does not, or remove it")
    place = next(one for one in out.absolute().parents if one.exists())
    if not place.is_dir() or not os.access(place, os.W_OK):
        raise ImportModelError(f"{out} cannot be made, as {place} is no folder that one may write to; name another one")


def _read(file: Path) -> tuple["PreTrainedModel", Any]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    given = {"gguf_file": file.name}
    try:
        tokenizer = AutoTokenizer.from_pretrained(file.parent, **given)
        return AutoModelForCausalLM.from_pretrained(file.parent, dtype=torch.float32, **given), tokenizer
    except Exception as error:  # of a file that is cut or of a kind that nobody knows the libraries raise anything
        raise ImportModelError(f"{file} cannot be read: {_said(error)}") from error


def _fresh(model: "PreTrainedModel", file: Path) -> "PreTrainedModel":
    """A model of the same architecture with the same weights, which knows nothing of GGUF."""
    import torch
    from transformers import AutoModelForCausalLM

    config = type(model.config).from_dict(
        {name: value for name, value in model.config.to_dict().items() if name != "quantization_config"}
    )
    embedding, output = _embeddings(file)
    config.tie_word_embeddings = output is None or _is_same(embedding, output)
    fresh = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    weights = model.state_dict()
    if config.tie_word_embeddings:
        weights = {name: tensor for name, tensor in weights.items() if name != "lm_head.weight"}
    lacking, unknown = fresh.load_state_dict(weights, strict=False)
    if unknown or {*lacking} - ({"lm_head.weight"} if config.tie_word_embeddings else set()):
        raise ImportModelError(f"{file} is no whole model of its architecture: lacks {lacking}, has {unknown} besides")
    if config.tie_word_embeddings and output is not None:
        fresh.get_input_embeddings().weight.data.copy_(output)
    fresh.tie_weights()
    fresh.generation_config = model.generation_config
    return fresh.eval()


def _embeddings(file: Path) -> tuple[Any, Any]:
    """The embedding, and the output matrix if the file has one: of a tied model too, mostly with more bits."""
    import torch
    from gguf import GGUFReader, dequantize

    tensors = {tensor.name: tensor for tensor in GGUFReader(file).tensors}
    found = [tensors.get(name) for name in ("token_embd.weight", "output.weight")]
    embedding, output = (one and torch.from_numpy(dequantize(one.data, one.tensor_type).copy()) for one in found)
    return embedding, output


def _is_same(embedding: Any, output: Any) -> bool:
    """Whether two matrices are one, quantised in two ways: they differ by less than 4 bits leave open."""
    return embedding.shape == output.shape and bool((embedding - output).norm() < SAME * output.norm())


def _describe_ends(model: "PreTrainedModel", ends: list[int]) -> None:
    """All tokens that end a turn, for engines that read the directory; sampling is said by who samples."""
    model.generation_config.eos_token_id = ends
    model.generation_config.do_sample = False
    for name in ("temperature", "top_p", "top_k"):
        setattr(model.generation_config, name, None)


def _require_equal(kept: list[Any], read: list[Any]) -> None:
    difference = compare_predictions(kept, read)
    if not difference.largest <= EXACT:
        raise ImportModelError(
            f"what was written predicts other tokens than what was read: log-probabilities differ by up to "
            f"{difference.largest:.2g}, expected at most {EXACT:g}; nothing was kept. Please report the architecture"
        )
