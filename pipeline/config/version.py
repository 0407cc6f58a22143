"""Which mucode this is: the version of the distribution and the commit of its source."""

import importlib.metadata
import os
import subprocess
from pathlib import Path

COMMIT_FILE = Path(__file__).with_name("commit.txt")
"""Written when a wheel is built; a checkout asks git."""

UNKNOWN = "unknown"


def distribution_version() -> str:
    """The version that pip lists, as in "0.1.0"; "unknown" if mucode runs without having been installed."""
    try:
        return importlib.metadata.version("mucode")
    except importlib.metadata.PackageNotFoundError:
        return UNKNOWN


def source_commit() -> str:
    """40 hex digits, followed by "-dirty" if tracked files differ from that commit; "unknown" if nothing tells.

    The first that is there: the environment variable MUCODE_COMMIT (images, which hold no `.git`), the commit that
    a wheel was built from, git in the checkout.
    """
    if given := os.environ.get("MUCODE_COMMIT"):
        return given
    if COMMIT_FILE.exists():
        return COMMIT_FILE.read_text().strip()
    return _commit_of_checkout(Path(__file__).parents[2])


def _commit_of_checkout(root: Path) -> str:
    if not (root / ".git").exists():  # installed below a directory that may be another project's checkout
        return UNKNOWN
    command = ["git", "-C", str(root), "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return UNKNOWN
