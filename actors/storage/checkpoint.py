"""Checkpoints: Hugging Face directories that are whole or not there, named by what is in them.

`checkpoint.json`, written last, lists every file with its size and sha256; `policy_id` is a hash over the
files that decide what the model says (weights, config, tokenizer), whatever the path and the file times.
"""

import fcntl
import fnmatch
import hashlib
import json
import os
import posixpath
import re
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.storage.checkpoint_manifest import MANIFEST as MANIFEST
from actors.storage.checkpoint_manifest import SCHEMA, CheckpointError, parse_manifest
from actors.storage.run_storage import RunStorage, UnreadableError, open_storage

REMOVED = "removed.json"
"""Of a checkpoint whose weights were removed to save room (removed_checkpoint.py); its manifest is still there."""
CACHE = "~/.cache/mucode/checkpoints"
HASHED_BYTES = 1 << 24
"""Read at once to be hashed: weights may be larger than the memory."""
_DECIDING = (
    *("*.safetensors", "*.safetensors.index.json", "pytorch_model*.bin", "pytorch_model*.json"),
    *("config.json", "generation_config.json", "tokenizer*", "special_tokens_map.json", "added_tokens.json"),
    "adapter_base.json",
    *("chat_template*", "vocab.*", "merges.txt", "*.model", "*.jinja"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A Hugging Face directory and the checksum of its weights, which names the policy everywhere."""

    path: str
    policy_id: str


def weights_checksum(directory: str | Path) -> str:
    """policy_id: the first 16 hex digits of sha256 over names and contents of the files that decide."""
    root, names = Path(directory), deciding_files(directory)
    if not any(name.endswith((".safetensors", ".bin")) for name in names):
        raise CheckpointError(f"{root} holds no weights (*.safetensors); give a Hugging Face model directory")
    return _policy_id({name: _file_sha256(root / name) for name in names})


def deciding_files(directory: str | Path) -> list[str]:
    """Names of the files of a model directory that decide what the model says, sorted."""
    return sorted(path.name for path in Path(directory).glob("*") if path.is_file() and _decides(path.name))


def save_atomically(write: Callable[[Path], None], target: str) -> Checkpoint:
    """Let `write` fill a directory, add the manifest, and make it appear at `target` at once.

    On a local disk: a hidden sibling, flushed, then renamed; it is removed if `write` fails. In an object
    store: written to a temporary folder, uploaded, the manifest last. An older checkpoint at `target` is
    replaced; a folder with anything else in it is refused. Files and directories get the modes that the umask leaves.
    """
    if "://" in target:
        return _save_remote(write, target)
    final = Path(target).absolute()
    _refuse_foreign(final)
    final.parent.mkdir(parents=True, exist_ok=True)
    half = final.with_name(f".{final.name}.{uuid.uuid4().hex[:8]}.tmp")
    half.mkdir()
    try:
        mode = half.stat().st_mode
        write(half)
        manifest = _write_manifest(half)
        for path in [*half.rglob("*"), half]:
            path.chmod(mode if path.is_dir() else mode & 0o666)  # safetensors and tempfile give their own user alone
            _flush(path)
        _swap(half, final)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    return Checkpoint(path=str(final), policy_id=manifest["policy_id"])


def verify_checkpoint(directory: str | Path) -> Checkpoint:
    """The checkpoint at a local directory, every byte of it compared with its manifest.

    Raises CheckpointError if the manifest is absent, or a file is missing, cut short, altered or extra.
    """
    try:
        return _verified(Path(directory))
    except OSError as error:
        raise CheckpointError(f"{directory} cannot be read: {error.strerror or error}; make it again") from error


def _verified(root: Path) -> Checkpoint:
    manifest = _read_manifest(root)
    for name, entry in manifest["files"].items():
        path = root / name
        if not path.is_file():
            raise CheckpointError(f"{path} is missing, though {MANIFEST} lists it; make the checkpoint again")
        if path.stat().st_size != entry["bytes"]:
            size = path.stat().st_size
            raise CheckpointError(f"{path} has {size} bytes, expected {entry['bytes']}; make the checkpoint again")
        if _file_sha256(path) != entry["sha256"]:
            raise CheckpointError(f"{path} is not the file that was saved (its sha256 differs); make it again")
    extra = {path.name for path in root.glob("*") if _decides(path.name)} - manifest["files"].keys()
    if extra:
        raise CheckpointError(f"{root} holds {sorted(extra)}, which {MANIFEST} does not list; remove what is foreign")
    return Checkpoint(path=str(root), policy_id=manifest["policy_id"])


def is_saved(target: str) -> bool:
    """Whether a whole checkpoint was saved at a path or address: its manifest exists."""
    return open_storage(target).exists(MANIFEST)


def checkpoint_bytes(target: str) -> int:
    """Bytes of the files of a saved checkpoint by its manifest; 0 if it was removed, or none can be read."""
    storage = open_storage(target)
    try:
        saved = parse_manifest(storage.read(MANIFEST), posixpath.join(target, MANIFEST))
    except (FileNotFoundError, CheckpointError, UnreadableError):
        return 0
    return 0 if storage.exists(REMOVED) else sum(entry["bytes"] for entry in saved["files"].values())


def damage_of_checkpoint(checkpoint: Checkpoint, *, every_byte: bool = False) -> str | None:
    """What is wrong with a saved checkpoint at any address, in words that begin with a path; None if it is whole.

    Names and sizes are compared with its checkpoint.json, by a listing per folder; with `every_byte` contents, too. One
    that was removed to save room is whole: whoever needs it is refused.
    """
    root, storage = checkpoint.path, open_storage(checkpoint.path)
    try:
        saved = parse_manifest(storage.read(MANIFEST), posixpath.join(root, MANIFEST))
    except FileNotFoundError:
        return f"{root} is missing or incomplete: it holds no {MANIFEST}"
    except (CheckpointError, UnreadableError) as error:
        return str(error)
    entries = saved["files"]
    if _policy_id({name: entry["sha256"] for name, entry in entries.items()}) != checkpoint.policy_id:
        return f"{root} is not the checkpoint {checkpoint.policy_id} that was saved there"
    folders = {posixpath.dirname(name) for name in entries}
    sizes = {posixpath.join(one, name): size for one in folders for name, size in storage.file_sizes(one).items()}
    if REMOVED in sizes:
        return None
    for name, entry in entries.items():
        if name not in sizes:
            return f"{posixpath.join(root, name)} is missing"
        if sizes[name] != entry["bytes"]:
            return f"{posixpath.join(root, name)} has {sizes[name]} bytes, {MANIFEST} says {entry['bytes']}"
        if every_byte and _stored_sha256(storage, name) != entry["sha256"]:
            return f"{posixpath.join(root, name)} is not what was saved (its sha256 differs)"
    foreign = sorted(name for name in sizes.keys() - entries.keys() if _decides(name))
    return f"{posixpath.join(root, foreign[0])} does not belong to the checkpoint" if foreign else None


def _stored_sha256(storage: RunStorage, name: str) -> str:
    found = hashlib.sha256()
    with storage.open(name) as stream:
        while block := stream.read(HASHED_BYTES):
            found.update(block)
    return found.hexdigest()


def fetch_checkpoint(uri: str, cache_dir: str | None = None) -> str:
    """Local path of a model on this node, copied once per node if it is not here already.

    A local directory is returned as it is. An s3://, gs:// … checkpoint is copied to `cache_dir` under its
    policy_id and verified. Anything else is taken for a model name and left to the Hugging Face cache.
    """
    if Path(uri).expanduser().is_dir():
        _require_there(uri, (Path(uri).expanduser() / REMOVED).exists())
        return str(Path(uri).expanduser())
    if "://" not in uri:
        return _from_hub(uri)
    storage = open_storage(uri)
    if not storage.exists(MANIFEST):
        raise CheckpointError(f"no checkpoint at {uri}: it has no {MANIFEST}, which is written last")
    _require_there(uri, storage.exists(REMOVED))
    manifest = parse_manifest(storage.read(MANIFEST), posixpath.join(uri, MANIFEST))
    cache = Path(cache_dir or CACHE).expanduser()
    cache.mkdir(parents=True, exist_ok=True)
    local = cache / manifest["policy_id"]
    with _lock(cache / f"{manifest['policy_id']}.lock"):
        if not (local / MANIFEST).exists():
            save_atomically(lambda half: _download(storage, manifest, half), str(local))
        found = verify_checkpoint(local)
    if found.policy_id != manifest["policy_id"]:
        raise CheckpointError(f"{uri} changed while it was copied: {found.policy_id}, not {manifest['policy_id']}")
    return str(local)


@contextmanager
def open_checkpoint(uri: str) -> Iterator[Path]:
    """A saved checkpoint as a local directory while the body lasts, every byte verified; nothing of it is kept.

    For what is read once; `fetch_checkpoint` keeps its copy on the node. Raises CheckpointError as `verify_checkpoint`.
    """
    if "://" not in uri:
        yield Path(verify_checkpoint(uri).path)
        return
    storage = open_storage(uri)
    with tempfile.TemporaryDirectory(prefix="mucode-checkpoint-") as folder:
        storage.download(MANIFEST, Path(folder) / MANIFEST)
        _download(storage, _read_manifest(Path(folder)), Path(folder))
        yield Path(verify_checkpoint(folder).path)


def _require_there(uri: str, removed: bool) -> None:
    if removed:
        raise CheckpointError(
            f"the weights of {uri} were removed to save room, as its {REMOVED} says; name another model, restore the "
            "folder from a copy, or delete the stage that it lies in, and all later ones, to train it again"
        )


def _from_hub(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*(/[\w.-]+)?", name):
        raise CheckpointError(f"no model directory at {name!r}; give a Hugging Face directory, address or name")
    from huggingface_hub import snapshot_download

    try:
        return snapshot_download(name, allow_patterns=list(_DECIDING))
    except Exception as error:  # many kinds: offline, unknown name, gated
        raise CheckpointError(
            f"{name!r} is no directory here and no model that the Hugging Face hub gives us "
            f"({type(error).__name__}: {str(error).splitlines()[0]}); check model.generator and model.verifier"
        ) from error


def _decides(name: str) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in _DECIDING)


def _policy_id(files: dict[str, str]) -> str:
    deciding = sorted((name, digest) for name, digest in files.items() if _decides(name))
    return hashlib.sha256(json.dumps(deciding).encode()).hexdigest()[:16]


def _file_sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read_manifest(root: Path) -> dict[str, Any]:
    try:
        return parse_manifest((root / MANIFEST).read_bytes(), str(root / MANIFEST))
    except FileNotFoundError:
        raise CheckpointError(f"no checkpoint at {root}: it has no {MANIFEST}, which is written last") from None


def _write_manifest(root: Path) -> dict[str, Any]:
    files: dict[str, dict[str, Any]] = {
        str(path.relative_to(root)): {"bytes": path.stat().st_size, "sha256": _file_sha256(path)}
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }
    policy_id = _policy_id({name: entry["sha256"] for name, entry in files.items()})
    manifest = {"schema": SCHEMA, "policy_id": policy_id, "files": files}
    (root / MANIFEST).write_text(json.dumps(manifest, indent=1))
    return manifest


def _refuse_foreign(final: Path) -> None:
    if final.exists() and any(final.iterdir()) and not (final / MANIFEST).exists():
        raise CheckpointError(f"{final} holds other files, and a checkpoint would replace them; choose another folder")


def _swap(half: Path, final: Path) -> None:
    """Rename `half` to `final`. An older checkpoint steps aside first, since rename replaces no full folder."""
    old = None
    if final.exists():
        old = final.with_name(f".{final.name}.{uuid.uuid4().hex[:8]}.old")
        final.rename(old)
    half.rename(final)
    _flush(final.parent)
    if old is not None:
        shutil.rmtree(old)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _save_remote(write: Callable[[Path], None], target: str) -> Checkpoint:
    storage = open_storage(target)
    with tempfile.TemporaryDirectory(prefix="mucode-checkpoint-") as folder:
        half = Path(folder)
        write(half)
        manifest = _write_manifest(half)
        for name in (MANIFEST, REMOVED):  # nobody may read a mixture of the old and the new
            if storage.exists(name):
                storage.delete_file(name)
        for name in [*manifest["files"], MANIFEST]:
            storage.upload(half / name, name)
    return Checkpoint(path=target, policy_id=manifest["policy_id"])


def _download(storage: RunStorage, manifest: dict[str, Any], half: Path) -> None:
    for name in manifest["files"]:
        (half / name).parent.mkdir(parents=True, exist_ok=True)
        storage.download(name, half / name)


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """One copier per node. The kernel releases the lock of a process that dies."""
    with path.open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield
