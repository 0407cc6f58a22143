"""Stages that several runs share: each lies at a place named after its identity, and runs link to it.

`iter_0001/<stage>/at.json` of a run names the place; runs that would compute the same thing name the same one.
"""

import fcntl
import posixpath
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from actors.storage.run_storage import DamagedError
from pipeline.state.identity import StageIdentity
from pipeline.state.run_files import RunFiles

LINK = "at.json"
LOCK = "lock"


class SharedStages:
    """Links of one run. `place`: the shared folder relative to the run's, as in "../../stages"; "": none."""

    def __init__(self, files: RunFiles, place: str) -> None:
        self.files, self.place = files, place

    def linked(self, folder: str, name: str) -> str | None:
        """Full path of the place that `folder`/`name` links to; None if it is the run's own."""
        link = self._link(folder, name)
        return None if link is None else self.resolve(link)

    def path_of(self, identity: StageIdentity) -> str:
        """The place of a stage, relative to the run."""
        return f"{self.place}/iter_{identity.iteration:04d}/{identity.stage}-{identity.hash}"

    def resolve(self, relative: str) -> str:
        """A path relative to the run without its "..", which object stores do not know."""
        start = self.files.root
        while relative.startswith("../"):
            start, relative = posixpath.dirname(start), relative[3:]
        return posixpath.join(start, relative)

    def link(self, folder: str, identity: StageIdentity, begun: Callable[[], bool]) -> None:
        """Link to the place that this identity names; a stage that was `begun` elsewhere stays where it is."""
        if not self.place:
            return
        place, there = self.path_of(identity), self._link(folder, identity.stage)
        if there is None or (there != place and not begun()):
            self.files.write_json({"stage": place}, folder, identity.stage, LINK)

    @contextmanager
    def locked(self, directory: str, waiting: Callable[[], None]) -> Iterator[None]:
        """Keep other processes of this machine from a shared stage; `waiting` is called once if one works on it.

        The kernel frees the lock when its holder ends, however it ends. Object stores have no locks: nothing is kept.
        """
        if not (self.place and self.files.is_local):
            yield
            return
        Path(directory).mkdir(parents=True, exist_ok=True)
        with (Path(directory) / LOCK).open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                waiting()
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _link(self, folder: str, name: str) -> str | None:
        found = self.files.read_json(folder, name, LINK)
        if found is None:
            return None
        if isinstance(found, dict) and isinstance(found.get("stage"), str):
            return str(found["stage"])
        raise DamagedError(
            f"{posixpath.join(self.files.root, folder, name, LINK)} names no stage, so it is not what was "
            "written. Restore it, or delete it: the study links to its stage again"
        )
