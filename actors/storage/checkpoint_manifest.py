"""checkpoint.json: the files of a checkpoint, each with its size and sha256, and the name that they give the policy."""

from typing import Any

from sandbox.errors import UserError
from sandbox.json_text import read_json

MANIFEST, SCHEMA = "checkpoint.json", "checkpoint/1"
LONGEST_NAME, LONGEST_PART = 1000, 200
"""Characters of a listed file, and of each folder in it, that every file system takes."""


class CheckpointError(UserError, ValueError):
    """A directory is not the checkpoint that it should be; the message says which file and what to do."""


def parse_manifest(data: bytes, name: str) -> dict[str, Any]:
    """What the file `name` says. Raises CheckpointError if it is not what was written."""
    try:
        body = read_json(data)
    except ValueError as error:
        raise CheckpointError(f"{name} is cut short or altered ({error}); make it again") from None
    schema = body.get("schema") if isinstance(body, dict) else None
    if schema != SCHEMA:
        raise CheckpointError(
            f"{name} has the schema {schema!r}, expected {SCHEMA!r}; if a newer version of mucode wrote it, continue "
            "with that one, else make it again"
        )
    files, policy_id = body.get("files"), body.get("policy_id")
    if not (isinstance(files, dict) and all(map(_is_own_name, files)) and all(map(_is_entry, files.values()))):
        raise CheckpointError(f"{name} is altered, as it does not list files with their sizes; make it again")
    if not (isinstance(policy_id, str) and "/" not in policy_id and _is_plain(policy_id)):
        raise CheckpointError(f"{name} is altered, as its policy_id is {str(policy_id)[:40]!r}; make it again")
    return dict(body)


def _is_own_name(name: str) -> bool:
    """Whether a manifest may list a file so: below its directory, where a copy of it is written."""
    return len(name) <= LONGEST_NAME and all(map(_is_plain, name.split("/")))


def _is_plain(part: str) -> bool:
    return part not in ("", ".", "..") and part.isprintable() and len(part) <= LONGEST_PART


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, dict) and type(entry.get("bytes")) is int and isinstance(entry.get("sha256"), str)
