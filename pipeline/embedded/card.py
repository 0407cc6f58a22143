"""`card.json` beside shipped weights: what they are, how they were made, and the checksum of every file."""

import hashlib
import json
from pathlib import Path
from typing import Any

from sandbox.errors import UserError
from sandbox.json_text import read_json

CARD = "card.json"


class CardError(UserError, ValueError):
    """A shipped model is not what its card says."""


def write_card(directory: Path, **facts: Any) -> None:
    """Describe `directory` by `facts` and the sha256 of each of its files."""
    files = sorted(path for path in directory.iterdir() if path.is_file() and path.name != CARD)
    card = {**facts, "sha256": {path.name: _sha256(path) for path in files}}
    (directory / CARD).write_text(json.dumps(card, indent=2, sort_keys=True) + "\n")


def read_card(directory: Path) -> dict[str, Any]:
    """Raises CardError if there is no card."""
    try:
        card: dict[str, Any] = read_json((directory / CARD).read_text())
    except (OSError, ValueError) as error:
        raise CardError(f"{directory} has no readable {CARD}: {error}") from error
    return card


def verify_card(directory: Path) -> None:
    """Weights, tokenizer and config are the ones that were measured together; CardError otherwise."""
    for name, expected in read_card(directory)["sha256"].items():
        path = directory / name
        found = _sha256(path) if path.is_file() else "no such file"
        if found != expected:
            raise CardError(
                f"{path} is not the file that {CARD} describes (sha256 {found[:12]}, expected {expected[:12]}); "
                "restore it from the repository or rebuild with python -m pipeline.embedded.warm_start"
            )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
