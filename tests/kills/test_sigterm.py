"""The part of the matrix that every change runs: after SIGTERM nothing of the command is left."""

import os
import shutil
from pathlib import Path

import pytest

from tests.e2e.small_run import arguments, start, wait_for
from tests.kills.footprint import Footprint
from tests.kills.moments import is_at
from tests.kills.rows import RESUMES
from tests.kills.victims import Scene, hit

pytestmark = [pytest.mark.docker, pytest.mark.e2e]


def test_sigterm_while_sampling_gives_status_130_and_says_how_to_continue(tmp_path: Path) -> None:
    log, root = tmp_path / "run.log", tmp_path / "run"
    with Footprint(Path(f"/tmp/kills-{os.getpid()}")) as footprint:
        try:
            process = start(*arguments(tmp_path, "run", "run.iterations=0"), log=log, **footprint.environment)
            stage = root / "iter_0000" / "episodes"
            wait_for(lambda: is_at(stage, "middle", 6), process, log)
            scene = Scene(process, footprint, root, stage, grace_s=60.0)  # a busy machine is no failure
            hit("SIGTERM", scene)
            said = log.read_text().splitlines()
            assert process.returncode == 130, (scene.notes, said[-5:])
            assert RESUMES in said
            assert footprint.left(30.0) == []
        finally:
            process.kill()
            shutil.rmtree(footprint.folder, ignore_errors=True)
