"""Small files of a run that its driver and its workers read: each alone, damaged in every entry."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import strategies as st

from actors.storage.checkpoint import Checkpoint, checkpoint_bytes, damage_of_checkpoint, verify_checkpoint
from actors.storage.parts import committed_part, committed_parts
from actors.storage.removed_checkpoint import removed_checkpoint
from pipeline.stages.heartbeat import read_signs
from pipeline.state.lease.taking import require_no_driver
from pipeline.state.plugins import read_plugin_labels
from pipeline.state.store import Store
from pipeline.trackers.steps import read_progress, read_training_steps
from pipeline.trackers.told import TrackingFile
from tests.fuzz.cases import AMOUNTS, examine, judged
from tests.fuzz.files import altered, replace
from tests.fuzz.run_directories import write_run


def _tracked(root: Path) -> None:
    told = TrackingFile(str(root))
    assert isinstance(told.run_id, str)
    told.told("console").stages.append("iter_0001/episodes")
    told.told("console").steps["iter_0001/policy"] = 3
    told.told("console").iterations["0"] = "x"


RECORDS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "progress": ("iter_0001/verifier/progress.json", lambda root: read_progress(str(root / "iter_0001/verifier"))),
    "steps": (
        "iter_0000/verifier/training_steps.parquet",
        lambda root: read_training_steps(str(root / "iter_0000/verifier")),
    ),
    "tracking": ("tracking.json", _tracked),
    "plug-ins": ("plugins.json", lambda root: read_plugin_labels(Store(str(root)))),
    "driver": ("driver.json", lambda root: require_no_driver(Store(str(root)).files)),
    "lease": ("lease/000001.json", lambda root: require_no_driver(Store(str(root)).files)),
    "signs": (
        "iter_0001/verifier/in_flight/part-00000.json",
        lambda root: read_signs(str(root / "iter_0001/verifier")),
    ),
    "records": ("iter_0001/episodes/part-00000.json", lambda root: committed_parts(str(root / "iter_0001/episodes"))),
    "record": ("iter_0001/episodes/part-00000.json", lambda root: committed_part(str(root / "iter_0001/episodes"), 0)),
    "begun": ("iter_0001/episodes/begun.json", lambda root: Store(str(root)).read_begun(1, "episodes")),
    "manifest": ("iter_0000/episodes/manifest.json", lambda root: Store(str(root)).find(0, "episodes")),
    "removed": (
        "iter_0001/policy/checkpoint/removed.json",
        lambda root: str(removed_checkpoint(str(root / "iter_0001/policy/checkpoint"))),
    ),
    "checkpoint": (
        "iter_0000/verifier/checkpoint/checkpoint.json",
        lambda root: verify_checkpoint(root / "iter_0000/verifier/checkpoint"),
    ),
    "bytes of a checkpoint": (
        "iter_0000/verifier/checkpoint/checkpoint.json",
        lambda root: checkpoint_bytes(str(root / "iter_0000/verifier/checkpoint")),
    ),
    "damage of a checkpoint": (
        "iter_0000/verifier/checkpoint/checkpoint.json",
        lambda root: damage_of_checkpoint(
            Checkpoint(path=str(root / "iter_0000/verifier/checkpoint"), policy_id="x"), every_byte=True
        ),
    ),
}


@AMOUNTS
@pytest.mark.parametrize("record", RECORDS)
def test_records(amount: str, record: str, tmp_path: Path) -> None:
    name, read = RECORDS[record]
    root = write_run(tmp_path)
    original = tmp_path / f"original{Path(name).suffix}"
    shutil.copy(root / name, original)

    def case(data: st.DataObject) -> None:
        replace(root / name, data.draw(altered(original)))
        judged(lambda: read(root), [str(root)], f"record: {record}")

    examine(case, amount, few=3, many=250)
