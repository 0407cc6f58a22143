"""What is served: a model directory, a hub name, or a run's model; and the settings that belong to it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from actors.inference.adapter import base_directory
from actors.storage.checkpoint import Checkpoint, fetch_checkpoint
from pipeline.config.load import apply_override, load_config, validated_config
from pipeline.config.schema import Config
from pipeline.errors import ConfigError
from pipeline.export.subject import STUDY, What, find_subject
from pipeline.preflight.check import check_model
from pipeline.state.models import resolve_model
from pipeline.state.run_directory import CONFIG
from pipeline.state.run_files import RunFiles, absolute_root

NO_RUN = "run.name=_served"
"""So that no run's stored settings are taken for a plain model's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundModel:
    """`name`: without folders; `run`: the settings of the run that it is of, None if it is of none."""

    name: str
    checkpoint: Checkpoint
    run: Config | None


def find_model(text: str, what: What = "generator", iteration: int | None = None) -> FoundModel:
    """The model that a command names. Raises ConfigError, StoreError or CheckpointError."""
    if _is_run(text):
        subject = find_subject(absolute_root(text), what, iteration)
        name = f"{subject.store.root.rstrip('/').rpartition('/')[2]}-{subject.iteration}"
        return FoundModel(name=name, checkpoint=subject.checkpoint, run=subject.config)
    if iteration is not None:
        raise ConfigError(f"--iteration is about a run, and {text} is none")
    check_model("MODEL" if what == "generator" else "--verifier", text)
    return FoundModel(name=text.rstrip("/").rpartition("/")[2], checkpoint=resolve_model(text), run=None)


def _is_run(text: str) -> bool:
    """Both hold a config.json; a run's has sections."""
    if text.startswith("builtin:") or ("://" not in text and not Path(text).is_dir()):
        return False
    files = RunFiles(absolute_root(text))
    found = files.read_json(CONFIG)
    return files.exists(STUDY) or (isinstance(found, dict) and "run" in found and "model_type" not in found)


def serving_config(model: FoundModel, file: str | None, overrides: Sequence[str]) -> Config:
    """The settings of a search with a model: those of its run, else of `file` or the defaults; then the overrides."""
    if model.run is None:
        named = f"model.generator={json.dumps(model.checkpoint.path)}"
        return load_config(file, [NO_RUN, named, *overrides])
    if file is not None:
        raise ConfigError("--config is for a model directory; a run brings its own settings, which --set overrides")
    body = model.run.model_dump(mode="json")
    weights = base_directory(fetch_checkpoint(model.checkpoint.path))  # sizes and number format are read from these
    body["model"]["generator"] = weights
    for override in overrides:
        apply_override(body, override)
    return validated_config(body)
