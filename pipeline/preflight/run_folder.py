"""Whether a run can be kept where run.root says: the place answers and takes files, has room, and holds no other's."""

import os
import shutil
from functools import cache
from pathlib import Path

from actors.storage.reach import existing_folder, require_writable
from actors.storage.run_storage import open_storage
from actors.storage.store_errors import StorageError
from pipeline.config.schema import Config
from pipeline.errors import ConfigError
from pipeline.preflight.estimate import RunCost
from pipeline.state.run_directory import CONFIG, run_root

MIN_FREE_BYTES = 1 << 30
"""A full disk in the middle costs a stage; the embedded default writes far less."""
LEFT_BEFORE_CONFIG = ("failures", "driver.json", "lease", "lost+found")
"""What may lie in the directory of a run that did not get as far as its config.json, and what a disk has of itself."""


def check_root(config: Config) -> None:
    """Raises ConfigError or StorageError if the run cannot be written below run.root. Nothing stays there."""
    _require_lasting(config.run.root)
    _require_writable(config.run.root)
    _require_own(run_root(config))


def check_disk(config: Config, cost: RunCost | None) -> None:
    """Raises ConfigError if the disk is smaller than what the run will write beside what it has; `cost`: None if that
    is little."""
    root = run_root(config)
    if "://" in root:
        return
    place = existing_folder(root)
    free = shutil.disk_usage(place).free
    if free < MIN_FREE_BYTES:
        raise ConfigError(
            f"{place} has {free >> 20} MiB free, at least {MIN_FREE_BYTES >> 20} MiB are needed; "
            "free some, or set run.root to another disk"
        )
    if cost is None:
        return
    whole = cost.row_bytes + (cost.checkpoint_bytes or 0)
    if whole > free and whole > free + _written(root, config.run.stages):
        raise ConfigError(
            f"run.root = {config.run.root!r}: {place} has {free / (1 << 30):.1f} GiB free, and this run will write "
            f"{cost.text()}; free some, set run.root to another disk, or lower run.iterations"
        )


def _require_lasting(root: str) -> None:
    """A job's working directory is an upload that ends with the job; a run must outlive it."""
    if "RAY_JOB_CONFIG_JSON_ENV_VAR" in os.environ and "://" not in root and not Path(root).is_absolute():
        raise ConfigError(
            f"run.root = {root!r} is relative to the job's upload, which Ray deletes; "
            "set it to an absolute path or an s3:// gs:// address that every node reaches"
        )


@cache
def _require_writable(root: str) -> None:
    """Once for each of the roots, of which all runs of a study have the same."""
    try:
        require_writable(root)
    except StorageError as error:
        raise ConfigError(f"run.root = {root!r}: {error}") from None


def _require_own(directory: str) -> None:
    """A folder of that name that holds other things is not taken for a run's."""
    try:
        names = open_storage(directory).list_names()
    except NotADirectoryError:
        names = [directory]
    foreign = [name for name in names if not name.startswith(".") and name not in LEFT_BEFORE_CONFIG]
    if foreign and CONFIG not in names:
        raise ConfigError(
            f"{directory} is no run: it holds {foreign[0]!r} and no {CONFIG}, so nothing is written there. Choose "
            "another run.name or run.root, or empty it"
        )


def _written(root: str, stages: str) -> int:
    """Bytes that the run, and what it shares with others, take already."""
    folders = {Path(root), Path(root, stages).resolve()} if stages else {Path(root)}
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return sum(path.stat().st_size for path in files)
