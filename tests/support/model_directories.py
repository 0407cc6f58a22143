"""Model directories with something wrong in one of their files: copies of the built-in generator."""

import json
import shutil
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def model_directory(directory: Path, *, template: bool | str = True, weights: bool = True, **config: Any) -> Path:
    """`config`: changed entries of config.json, None to leave one out. `template`: another text, or none."""
    shutil.copytree(ROOT / "pipeline" / "embedded" / "generator", directory)
    change_json(directory / "config.json", **config)
    if template is not True:
        change_json(directory / "tokenizer_config.json", chat_template=template or None)
    if not weights:
        (directory / "model.safetensors").unlink()
    return directory


def change_json(path: Path, **changes: Any) -> None:
    entries = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({name: value for name, value in entries.items() if value is not None}))
