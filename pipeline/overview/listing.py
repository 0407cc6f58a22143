"""Every directory below a root, each as what it is: a line of `mucode ls`."""

import posixpath
from dataclasses import replace

from actors.storage.run_storage import read_many
from pipeline.errors import StoreError
from pipeline.overview.directory_status import directory_status
from pipeline.overview.run_status import RunStatus
from pipeline.state.run_files import RunFiles


def list_runs(root: str) -> list[RunStatus]:
    """What lies in the folders of a root, by their last change, the newest last; unknown times come first.

    Raises StoreError if there is no such folder.
    """
    files = RunFiles(root)
    try:
        names, plain = files.names(), files.file_sizes()
    except NotADirectoryError:
        raise StoreError(f"{root} is a file; give the folder that holds runs, as run.root is") from None
    if not names and not files.exists():
        raise StoreError(f"{root} is not there; give the folder that holds runs, as run.root is")
    folders = [name for name in names if name not in plain]
    found = read_many(lambda name: _status(posixpath.join(root, name)), folders)
    return sorted(found, key=lambda status: (status.last_change or 0.0, status.name))


def _status(root: str) -> RunStatus:
    """The runs of a study are left out."""
    return replace(directory_status(root, detailed=False), runs=())
