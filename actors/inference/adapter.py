"""Low-rank adapters: checkpoints of what was trained beside a base that stays as it is (arXiv 2106.09685).

    adapter_model.safetensors   matrices A (R, in) and B (out, R) of adapted layers, and tensors that were trained
                                whole, under peft's names
    adapter_config.json         peft's, so that peft and vLLM load the directory, too
    adapter_base.json           policy_id of the base, R and alpha: the weights are W + alpha / R · B A

The base is found where it was trained from, and its checksum is compared: of another base these would be other weights.
"""

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.storage.checkpoint import CheckpointError, deciding_files, fetch_checkpoint, weights_checksum
from sandbox.json_text import read_json

WEIGHTS, CONFIG, BASE = "adapter_model.safetensors", "adapter_config.json", "adapter_base.json"
PREFIX, DOWN, UP = "base_model.model.", ".lora_A.weight", ".lora_B.weight"
HEAD = "score"
"""Of a verifier: trained whole, since it is fresh."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """What its files say. `directory`: on this node; `base`: path, address or name of its base."""

    directory: Path
    base: str
    base_policy_id: str
    rank: int
    alpha: float
    whole: tuple[str, ...]
    """Modules that were trained whole, as a verifier's head."""

    @property
    def scale(self) -> float:
        return self.alpha / self.rank


def find_adapter(directory: str | Path) -> Adapter | None:
    """The adapter in a local directory; None if that holds another model. Raises CheckpointError."""
    root = Path(directory)
    if not (root / BASE).is_file():
        return None
    try:
        said, config = read_json((root / BASE).read_text()), read_json((root / CONFIG).read_text())
        return Adapter(
            directory=root,
            base=str(config["base_model_name_or_path"]),
            base_policy_id=str(said["base_policy_id"]),
            rank=int(said["rank"]),
            alpha=float(said["alpha"]),
            whole=tuple(map(str, config.get("modules_to_save") or ())),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{root} holds no adapter as training saves it: {error!r}; make it again") from error


def base_directory(directory: str | Path) -> str:
    """Where tokenizer, config and unadapted weights of a model are on this node: of an adapter at its base.

    Raises CheckpointError if the base is gone, or holds other weights now.
    """
    adapter = find_adapter(directory)
    return str(directory) if adapter is None else _verified_base(adapter.base, adapter.base_policy_id)


def _verified_base(base: str, policy_id: str) -> str:
    path = fetch_checkpoint(base) if Path(base).expanduser().is_dir() else _fetched(base)
    if (found := _checksum(path, _stamps(path))) != policy_id:
        raise CheckpointError(
            f"the base {base} holds {found} now, and the adapter was trained on {policy_id}; restore the base"
        )
    return path


@functools.lru_cache(maxsize=8)
def _fetched(base: str) -> str:
    """Once per process: an object store's is verified, a hub's is asked for over the network."""
    return fetch_checkpoint(base)


@functools.lru_cache(maxsize=8)
def _checksum(path: str, stamps: tuple[tuple[str, int, int], ...]) -> str:
    """All bytes are read, once per process as long as the files have these stamps."""
    return weights_checksum(path)


def _stamps(path: str) -> tuple[tuple[str, int, int], ...]:
    """Names, sizes and times of the files that decide: who writes over one changes its stamp."""
    found = ((name, (Path(path) / name).stat()) for name in deciding_files(path))
    return tuple((name, one.st_size, one.st_mtime_ns) for name, one in found)


def write_adapter(
    directory: Path, tensors: dict[str, Any], *, base: str, base_policy_id: str, rank: int, alpha: float
) -> None:
    """Fill a directory. `tensors`: by the base's names, "….lora_A.weight" and "….lora_B.weight" of adapted layers."""
    from safetensors.torch import save_file

    modules = sorted(name.removesuffix(DOWN) for name in tensors if name.endswith(DOWN))
    whole = sorted({name.rpartition(".")[0] for name in tensors if not name.endswith((DOWN, UP))})
    named = {PREFIX + name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    save_file(named, directory / WEIGHTS, metadata={"format": "pt"})
    config = {
        "peft_type": "LORA",
        "task_type": "SEQ_CLS" if whole else "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": rank,
        "lora_alpha": alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": modules,
        "modules_to_save": whole or None,
        "inference_mode": True,
    }
    (directory / CONFIG).write_text(json.dumps(config, indent=1))
    said = {"base_policy_id": base_policy_id, "rank": rank, "alpha": alpha}
    (directory / BASE).write_text(json.dumps(said, indent=1))
