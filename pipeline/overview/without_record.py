"""How far a run is that has no status.json, told by the folders of its stages: runs of earlier versions."""

import posixpath
import re
from typing import NamedTuple

from actors.storage.parts import MANIFEST
from actors.storage.run_storage import DamagedError
from pipeline.state.run_files import RunFiles
from pipeline.state.shared_stages import SharedStages


class FoundStages(NamedTuple):
    """`begun`: iteration and name of the last stage without a manifest; None if all that lie there are finished."""

    done: int
    begun: tuple[int, str] | None
    finished: bool
    """Whether the metrics of the last iteration are there."""


def find_stages(files: RunFiles) -> FoundStages:
    """Costs a listing per iteration, and two requests per stage."""
    from pipeline.stages.catalogue import STAGE_NAMES  # imports much

    done, begun, last = 0, None, ""
    for iteration in sorted(int(match[1]) for name in files.names() if (match := re.fullmatch(r"iter_(\d+)", name))):
        folder = f"iter_{iteration:04d}"
        there = set(files.names(folder))
        for name in (name for name in STAGE_NAMES if name in there):
            if RunFiles(stage_directory(files, iteration, name)).exists(MANIFEST):
                done, last = done + 1, f"{folder}/{name}"
            else:
                begun = (iteration, name)
    return FoundStages(done, begun, last == f"iter_{_planned(files):04d}/{STAGE_NAMES[-1]}")


def stage_directory(files: RunFiles, iteration: int, name: str) -> str:
    """Where a stage of a run is kept."""
    folder = f"iter_{iteration:04d}"
    return SharedStages(files, "").linked(folder, name) or posixpath.join(files.root, folder, name)


def _planned(files: RunFiles) -> int:
    """Iterations of the config as it is written: it may name what is not installed, or be of another version."""
    try:
        return int(files.read_json("config.json")["run"]["iterations"])
    except (DamagedError, KeyError, TypeError, ValueError):
        return 0
