"""How each victim is found and hit, and what is mended before the command is given again."""

import json
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from os import kill
from pathlib import Path
from typing import Any

from tests.kills.footprint import Footprint, stat

GRACE_S = 3.0
"""Between SIGTERM and SIGKILL, as `ray job stop` has it."""
STOPPED_S = 60.0
"""How long a process that is stopped stays so."""
SEEN_S = 120.0
TITLES = {
    "generator": "ray::GeneratorActor",
    "engine": "VLLM::EngineCore",
    "executor": "ray::Executor",
    "training worker": "ray::RayTrainWorker",
    "scorer": "ray::ScorerActor",
    "raylet": "/raylet/raylet ",
    "GCS": "/gcs/gcs_server ",
}


@dataclass(slots=True)
class Scene:
    """What a kill may need. `mend`: calls before the command is given again; `notes`: what was seen."""

    process: "subprocess.Popen[bytes]"
    footprint: Footprint
    root: Path
    stage: Path
    engine: Any = None
    """A Docker engine of its own."""
    nodes: Any = None
    """A Ray of several nodes."""
    grace_s: float = GRACE_S
    mend: list[Callable[[], object]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def hit(victim: str, scene: Scene) -> None:
    """Kill it, once it is there."""
    SPECIAL.get(victim, _kill_titled)(scene, victim)


def _found(scene: Scene, victim: str) -> int:
    """Id of the youngest process of that title; AssertionError if none comes up."""
    end = time.monotonic() + SEEN_S
    while not (found := scene.footprint.alive(TITLES[victim])):
        assert scene.process.poll() is None, f"the command ended before its {victim} came up"
        assert time.monotonic() < end, f"no {victim} in {SEEN_S:.0f} s"
        time.sleep(0.01)
    return max(found, key=lambda pid: int((stat(pid) or ("0", 0))[0]))


def _kill_titled(scene: Scene, victim: str) -> None:
    kill(_found(scene, victim), signal.SIGKILL)


def _kill_driver(scene: Scene, victim: str) -> None:
    scene.process.kill()
    scene.process.wait()


def _terminate(scene: Scene, victim: str) -> None:
    started = time.monotonic()
    scene.process.terminate()
    try:
        scene.process.wait(scene.grace_s)
        scene.notes.append(f"ended {time.monotonic() - started:.1f} s after SIGTERM")
    except subprocess.TimeoutExpired:
        scene.process.kill()
        scene.process.wait()
        scene.notes.append(f"had not ended {scene.grace_s:g} s after SIGTERM")


def _stop_generator(scene: Scene, victim: str) -> None:
    pid = _found(scene, "generator")
    kill(pid, signal.SIGSTOP)
    end = time.monotonic() + STOPPED_S
    while time.monotonic() < end and scene.process.poll() is None and stat(pid) is not None:
        time.sleep(0.5)
    with suppress(ProcessLookupError):
        kill(pid, signal.SIGCONT)


def _kill_box(scene: Scene, victim: str) -> None:
    boxes = [one for one in scene.footprint.containers() if one.status == "running"]
    assert boxes, "no box runs"
    boxes[0].kill()


def _kill_data_worker(scene: Scene, victim: str) -> None:
    """The process of a shard that is in flight, as its sign says."""
    end = time.monotonic() + SEEN_S
    while time.monotonic() < end and scene.process.poll() is None:
        for sign in scene.stage.glob("in_flight/part-*.json"):
            with suppress(OSError, ValueError, ProcessLookupError):
                kill(int(json.loads(sign.read_text())["process"]), signal.SIGKILL)
                return
    raise AssertionError("no task was seen at work")


def _fill_disk(scene: Scene, victim: str) -> None:
    filler = scene.root.parent / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            with suppress(OSError):
                while file.write(bytes(size)):
                    pass
    scene.mend.append(filler.unlink)


def _make_read_only(scene: Scene, victim: str) -> None:
    mount = str(scene.root.parent)
    while subprocess.run(["mount", "-o", "remount,ro", mount], capture_output=True).returncode != 0:
        assert scene.process.poll() is None, "the command ended while its disk was busy"
        time.sleep(0.01)  # a file is being written
    scene.mend.append(lambda: subprocess.run(["mount", "-o", "remount,rw", mount], check=True))


def _end_engine(scene: Scene, victim: str) -> None:
    scene.engine.stop()
    scene.mend.append(scene.engine.start)


def _lose_node(scene: Scene, victim: str) -> None:
    scene.nodes.lose(_found(scene, "generator"))


SPECIAL: dict[str, Callable[[Scene, str], None]] = {
    "driver": _kill_driver,
    "SIGTERM": _terminate,
    "stopped generator": _stop_generator,
    "box": _kill_box,
    "data worker": _kill_data_worker,
    "disk full": _fill_disk,
    "read-only": _make_read_only,
    "Docker engine": _end_engine,
    "node": _lose_node,
}
