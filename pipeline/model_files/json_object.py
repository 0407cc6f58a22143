"""An object in a JSON file of a model, and the error for all that is wrong with such files."""

from pathlib import Path
from typing import Any

from pipeline.errors import ConfigError
from sandbox.json_text import read_json


class ModelFilesError(ConfigError):
    """A model directory that cannot work: which file, what it says, what is expected."""


def read_object(path: Path) -> dict[str, Any]:
    try:
        found = read_json(path.read_text())
    except OSError as error:
        raise ModelFilesError(f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ModelFilesError(f"{path} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise ModelFilesError(f"{path} holds a {type(found).__name__}, expected an object")
    return found
