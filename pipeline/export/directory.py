"""Writing an exported model: a plain Hugging Face directory with a card, which is there as a whole or not at all."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.storage.checkpoint import (
    Checkpoint,
    deciding_files,
    fetch_checkpoint,
    open_checkpoint,
    save_atomically,
    weights_checksum,
)
from pipeline.errors import ConfigError, StoreError
from pipeline.export.card import model_card
from pipeline.export.chat_facts import ChatFacts, read_chat_facts
from pipeline.export.subject import ExportSubject
from pipeline.export.whole_model import whole_model
from pipeline.model_files.directory import check_directory
from pipeline.model_files.json_object import read_object

CARD, GENERATION = "README.md", "generation_config.json"


@dataclass(frozen=True, slots=True)
class ExportedModel:
    """What was written; `checkpoint.policy_id` is that of the files there."""

    checkpoint: Checkpoint
    facts: ChatFacts


def require_free_place(out: str) -> Path:
    """The local path that `out` names, if nothing is there but an empty folder. Raises ConfigError."""
    if "://" in out:
        raise ConfigError(f"--out {out}: expected a folder of this machine; copy it from there to where it shall be")
    place = Path(out).absolute()
    try:
        if place.is_dir() and not any(place.iterdir()):
            return place
        there = place.exists() or place.is_symlink()
    except OSError as error:
        raise ConfigError(f"--out {out} cannot be read: {error.strerror}; name another folder") from None
    if there:
        what = "holds files already" if place.is_dir() else "is there, and no folder"
        raise ConfigError(f"--out {out} {what}; name a new or an empty folder")
    return place


def export_model(subject: ExportSubject, out: Path) -> ExportedModel:
    """Write the model and its card to `out`, which `require_free_place` has seen.

    Every byte of a trained checkpoint is compared with its checksums before. Raises CheckpointError if they differ,
    ModelFilesError if it cannot work, StoreError if the place cannot be written; then nothing is there.
    """
    with _source(subject) as source:
        check_directory(source)
        facts = read_chat_facts(source)
        try:
            checkpoint = save_atomically(lambda half: _fill(half, out.name, subject, source, facts), str(out))
        except OSError as error:
            raise StoreError(f"{out} cannot be written: {error.strerror or error}; nothing was left there") from error
    return ExportedModel(checkpoint, facts)


@contextmanager
def _source(subject: ExportSubject) -> Iterator[Path]:
    """The model's own files on this machine, verified."""
    wanted = subject.checkpoint
    if subject.training is None:  # `find_subject` has compared the base model
        yield Path(fetch_checkpoint(wanted.path))
        return
    with open_checkpoint(wanted.path) as folder:
        found = weights_checksum(folder)
        if found != wanted.policy_id:
            raise StoreError(
                f"{wanted.path} holds {found}, its manifest says {wanted.policy_id}; restore the checkpoint"
            )
        dtype = subject.config.model.dtype or "float32"  # a run settles it
        with whole_model(folder, is_verifier=subject.is_verifier, dtype=dtype) as whole:
            yield whole


def _fill(half: Path, name: str, subject: ExportSubject, source: Path, facts: ChatFacts) -> None:
    """What decides what the model says, and the card. training.json stays behind: it names folders of the run."""
    for file in deciding_files(source):
        if not file.endswith(".bin"):  # safetensors alone: a pickle is a program
            shutil.copyfile(source / file, half / file)
    if not subject.is_verifier:
        write_generation_config(half, list(facts.ends))
    card = model_card(subject, name, facts, weights_checksum(half))
    (half / CARD).write_text(card)


def write_generation_config(directory: Path, ends: list[int]) -> None:
    """Make all `ends` end an answer, for whoever generates with the directory; what else is said there stays."""
    path = directory / GENERATION
    settings: dict[str, Any] = read_object(path) if path.is_file() else {}
    said = settings.get("eos_token_id")
    there = said if isinstance(said, list) else [said] if said is not None else []
    every = list(dict.fromkeys([*there, *ends]))
    if not every or (path.is_file() and every == there):
        return
    settings["eos_token_id"] = every if len(every) > 1 else every[0]
    settings.pop("_from_model_config", None)  # it would have transformers take config.json's instead
    path.write_text(json.dumps(settings, indent=2) + "\n")
