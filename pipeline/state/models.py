"""Which weights a setting names."""

from functools import cache
from pathlib import Path

from actors.storage.checkpoint import Checkpoint, fetch_checkpoint, weights_checksum

BUILTIN = Path(__file__).parents[1] / "embedded"


@cache
def resolve_model(name: str) -> Checkpoint:
    """A model by `builtin:…`, directory, s3:// … address or hub name, with the checksum that names it everywhere.

    The path of a hub model or a remote one stays its name: every node fetches its own copy. Raises
    CheckpointError or CardError if there is no such model or its files are not what they should be.
    """
    if not name.startswith("builtin:"):
        path = str(Path(name).resolve()) if Path(name).is_dir() else name
        return Checkpoint(path=path, policy_id=weights_checksum(fetch_checkpoint(path)))
    from pipeline.embedded.card import verify_card

    directory = BUILTIN / name.removeprefix("builtin:")
    verify_card(directory)
    return Checkpoint(path=str(directory), policy_id=weights_checksum(directory))
