"""How far a run is that has no status.json, told by the folders of its stages: runs of earlier versions.

Names and order of the stages are not asked of their table, whose import would take longer than all else.
"""

import posixpath
import re
from typing import NamedTuple

from actors.storage.parts import MANIFEST
from actors.storage.run_storage import DamagedError
from pipeline.state.run_files import CONFIG, RunFiles
from pipeline.state.shared_stages import SharedStages
from pipeline.trackers.jsonl import METRICS
from sandbox.json_text import read_json


class FoundStages(NamedTuple):
    """`begun`: iteration and name of a stage without a manifest; None if all that lie there are finished."""

    done: int
    begun: tuple[int, str] | None
    finished: bool
    """Whether the last iteration has its metrics."""


def find_stages(files: RunFiles) -> FoundStages:
    """Costs a listing per iteration, and two requests per stage."""
    done, begun = 0, None
    for iteration in sorted(int(match[1]) for name in files.names() if (match := re.fullmatch(r"iter_(\d+)", name))):
        folder = f"iter_{iteration:04d}"
        plain = files.file_sizes(folder)  # a person's
        for name in (one for one in files.names(folder) if one not in plain):
            if RunFiles(stage_directory(files, iteration, name)).exists(MANIFEST):
                done += 1
            else:
                begun = (iteration, name)
    return FoundStages(done, begun, begun is None and _measured(files) >= _planned(files))


def stage_directory(files: RunFiles, iteration: int, name: str) -> str:
    """Where a stage of a run is kept."""
    folder = f"iter_{iteration:04d}"
    return SharedStages(files, "").linked(folder, name) or posixpath.join(files.root, folder, name)


def _measured(files: RunFiles) -> int:
    """The last iteration that metrics.jsonl knows; -1 if none."""
    try:
        lines = files.read(METRICS).splitlines()
        return max((int(read_json(line)["iteration"]) for line in lines), default=-1)
    except (FileNotFoundError, KeyError, TypeError, ValueError, OverflowError):
        return -1


def _planned(files: RunFiles) -> int:
    """Iterations of the config as it is written: it may name what is not installed, or be of another version."""
    try:
        return int(files.read_json(CONFIG)["run"]["iterations"])
    except (DamagedError, KeyError, TypeError, ValueError, OverflowError):
        return 0
