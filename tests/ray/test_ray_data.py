"""Ray Data stages with real tasks: one whose process was stopped begins anew, and one that always hangs is named.

Functions name nothing of this module, since Ray's workers cannot import it.
"""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from actors.deadline import StalledError
from actors.storage.parts import commit_part, committed_parts
from pipeline.stages.shards import map_shards

pytestmark = pytest.mark.usefixtures("ray_session")


def shards(folder: Path, count: int) -> list[dict[str, Any]]:
    return [{"part": number, "directory": str(folder / "stage")} for number in range(count)]


@pytest.mark.slow
def test_a_task_whose_process_was_stopped_begins_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    marker = str(tmp_path / "stopped")

    def stop_once(shard: dict[str, Any], beat: Any) -> dict[str, Any]:
        if shard["part"] == 1 and not os.path.exists(marker):  # noqa: PTH110
            open(marker, "w").close()  # noqa: PTH123
            os.kill(os.getpid(), signal.SIGSTOP)
        commit_part(shard["directory"], shard["part"], pa.table({"part": [shard["part"]]}))
        return {"part": shard["part"]}

    map_shards(shards(tmp_path, 3), stop_once, stall_s=1.0)
    assert committed_parts(str(tmp_path / "stage")).keys() == {0, 1, 2}
    assert "part 1 (node" in (told := capsys.readouterr().out) and "it begins anew" in told
    assert not (tmp_path / "stage" / "in_flight").exists()


@pytest.mark.slow
def test_a_task_that_always_hangs_is_named_and_ends_the_stage(tmp_path: Path) -> None:
    def hang(shard: dict[str, Any], beat: Any) -> dict[str, Any]:
        while shard["part"] == 2:
            time.sleep(1)
        commit_part(shard["directory"], shard["part"], pa.table({"part": [shard["part"]]}))
        return {"part": shard["part"]}

    started = time.monotonic()
    with pytest.raises(StalledError, match=r"part 2 \(node .*data\.stall_s = 1 s, 4 times"):
        map_shards(shards(tmp_path, 3), hang, stall_s=1.0)
    assert time.monotonic() - started < 60 and committed_parts(str(tmp_path / "stage")).keys() == {0, 1}


def test_what_a_task_raises_is_raised(tmp_path: Path) -> None:
    def refuse(shard: dict[str, Any], beat: Any) -> dict[str, Any]:
        raise ValueError(f"no shard {shard['part']}")

    with pytest.raises(Exception, match="no shard 0"):
        map_shards(shards(tmp_path, 1), refuse, stall_s=60.0)
