"""Free space where runs, temporary files and images go."""

import os
import shutil
import tempfile
from pathlib import Path

from actors.storage.reach import existing_folder
from pipeline.doctor.checks import Surroundings
from pipeline.doctor.findings import Finding, broken, good, skipped

MIN_FREE_BYTES = 1 << 30


def find_root_disk(surroundings: Surroundings) -> Finding:
    if "://" in surroundings.root:
        return skipped("disk", f"{surroundings.root} is no disk of this machine")
    return disk_finding("disk", existing_folder(surroundings.root), "free some, or set run.root to another disk")


def find_temporary_disk(_: Surroundings) -> Finding:
    advice = "free some, or export TMPDIR and RAY_TMPDIR as a short path on another disk"
    return disk_finding("tmp", Path(tempfile.gettempdir()), advice)


def disk_finding(check: str, folder: Path, advice: str) -> Finding:
    """Free space, and free names of files, which run out first on some disks."""
    free, nodes = shutil.disk_usage(folder).free, _free_nodes(folder)
    text = f"{free / (1 << 30):.1f} GiB free at {folder.resolve()}"
    values = {"free_bytes": free, "folder": str(folder.resolve())}
    if free < MIN_FREE_BYTES:
        return broken(check, f"{text}, at least {MIN_FREE_BYTES / (1 << 30):.1f} GiB are needed; {advice}", **values)
    if nodes is not None and nodes < 1000:
        return broken(check, f"{text}, and room for {nodes} more files (inodes); {advice}", **values)
    return good(check, text, **values)


def _free_nodes(folder: Path) -> int | None:
    """None if the file system does not count them."""
    found = os.statvfs(folder)
    return found.f_favail if found.f_files else None
