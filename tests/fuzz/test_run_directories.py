"""Run directories of which files are damaged, missing, exchanged or of another version."""

import argparse
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import strategies as st

from pipeline.commands import report, runs
from pipeline.commands.directories import gc, ls, trace
from pipeline.integrity.before_work import require_intact
from pipeline.overview.directory_status import directory_status
from pipeline.overview.text import status_text
from pipeline.retention.before_work import require_checkpoints
from pipeline.state.run_directory import require_free, stored_config
from pipeline.state.store import Store
from tests.fuzz.cases import AMOUNTS, examine, judged
from tests.fuzz.files import copy_of, damage_folder, snapshot
from tests.fuzz.run_directories import write_run

OLD_RUN = Path(__file__).parents[1] / "data" / "run-0.1.0"


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Of this version, and of 0.1.0."""
    folder = tmp_path_factory.mktemp("originals")
    return [write_run(folder), Path(shutil.copytree(OLD_RUN, folder / "old"))]


def resumed(root: str) -> None:
    """What `mucode resume` asks of the directory before it begins."""
    config = stored_config(root)
    store = Store(root)
    require_free(store, config)
    require_intact(store, config)
    require_checkpoints(store, config)


def shown(root: str) -> None:
    status = directory_status(root)
    assert status_text(status)
    json.loads(json.dumps(status.to_json(), allow_nan=False))


def executed(module: object, **options: object) -> None:
    module.execute_command(argparse.Namespace(**options))  # type: ignore[attr-defined]


READERS: dict[str, Callable[[str], object]] = {
    "resume": resumed,
    "runs verify": lambda root: executed(runs, run_dir=root),
    "status": shown,
    "ls": lambda root: executed(ls, root=str(Path(root).parent), json=False),
    "trace": lambda root: executed(trace, run_dir=root, out=os.devnull),
    "gc --dry-run": lambda root: executed(gc, run_dir=root, images=False, keep="last+best", dry_run=True),
    "report": lambda root: executed(report, run_dir=root),
}
CHEAP = [name for name in READERS if name != "report"]


@AMOUNTS
@pytest.mark.parametrize("names", [CHEAP, ["report"]], ids=["resume, verify, status, ls, trace, gc", "report"])
def test_run_directories(amount: str, names: list[str], originals: list[Path], tmp_path: Path) -> None:
    place = tmp_path / "runs" / "damaged"

    def case(data: st.DataObject) -> None:
        copy_of(data.draw(st.sampled_from(originals)), place)
        damage_folder(data.draw, place)
        for name in names:
            before = snapshot(place)
            judged(lambda name=name: READERS[name](str(place)), [str(place)], name)  # type: ignore[misc]
            after = snapshot(place)
            after.pop("report.html", None)
            before.pop("report.html", None)
            assert after == before, f"{name} changed files"

    examine(case, amount, few=12, many=1500 if names is CHEAP else 700)
