"""Models of MUCODE_MODEL_DIR, where scripts/fetch_models.py puts them; CI fetches the small one if it can."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.fetch_models import SOURCES

ROOT = Path(__file__).parents[2]
SMALL, CODER = SOURCES
FETCH_S = 600


def found(name: str) -> Path | None:
    place = Path(os.environ.get("MUCODE_MODEL_DIR", "/nowhere")) / name
    return place if place.is_dir() else None


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SmolLM2-135M-Instruct, imported from its GGUF file."""
    if (place := found(SMALL)) is not None:
        return place
    if os.environ.get("CI") != "true":
        pytest.skip(f"MUCODE_MODEL_DIR has no {SMALL}: python scripts/fetch_models.py DIR")
    folder = tmp_path_factory.mktemp("models")
    command = [sys.executable, str(ROOT / "scripts" / "fetch_models.py"), str(folder), SMALL]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=FETCH_S)
    if done.returncode:
        pytest.skip(f"{SMALL} cannot be had here: {done.stderr.strip().splitlines()[-1]}")
    return folder / SMALL
