"""Folders and addresses that a person names to write to."""

from actors.storage.run_storage import RunStorage
from pipeline.errors import ConfigError


def names_in(storage: RunStorage, option: str, out: str) -> list[str]:
    """What lies there. Raises ConfigError, which names the option, if it is no folder or cannot be read."""
    try:
        return storage.list_names()
    except NotADirectoryError:
        raise ConfigError(f"{option} {out} is a file; name a folder") from None
    except OSError as error:
        raise ConfigError(f"{option} {out} cannot be read: {error.strerror or error}; name a folder") from None
