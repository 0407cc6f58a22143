"""One disturbed run: it begins at a stage, is hit at a moment, goes on or is given again, and ends."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.small_run import arguments, finish, start
from tests.kills.comparison import digests, folder_of, repeated_episodes, stage_order
from tests.kills.footprint import NICE, Footprint, Process, is_alive
from tests.kills.moments import Position, is_at, parts, position
from tests.kills.nodes import Nodes
from tests.kills.rows import Row
from tests.kills.victims import Scene, hit
from tests.sandbox.private_engine import private_engine

DEADLINE_S, GONE_S, DISK_MIB = 420.0, 75.0, 1200
"""A run wants a GiB free before it begins."""
NUMBERS = re.compile(r"\d[\d.,]*|0x[0-9a-f]+|[0-9a-f]{8,}")
ORDINARY = re.compile(r"    [\w ]+: \d+/\d+ |run /|results of |report: |  iteration \d+ · \w+( …$|: [\d.]+ s)")
"""Lines of any run: progress, stages, folders."""

COLOURS = re.compile(r"\x1b\[[0-9;]*m")
RAYS, MOST_OF_RAYS = re.compile(r"\(\w+( pid=\d+)?\)|    \["), 60
"""Lines that Ray prints by itself, and what it shows of its logs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a row. `said`: lines that an undisturbed run does not print; `lost_s`: from the kill until the run
    was further than at the kill; `redone`: in words; `differing`: stages; `left`: what was still there at the end."""

    status: int
    said: tuple[str, ...]
    redone: str
    lost_s: float
    seconds: float
    notes: tuple[str, ...]
    differing: tuple[str, ...]
    left: tuple[str, ...]


class Reference:
    """Undisturbed runs: of the base model alone, and the same with one iteration more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._make("base", "iteration")

    def _make(self, base: str, more: str) -> None:
        log = self.folder / "reference.log"
        if not (self.folder / base / "report.html").exists():
            finish(start(*arguments(self.folder, base, "run.iterations=0"), log=log, **NICE), log)
        if not (self.folder / more / "events.jsonl").exists():
            shutil.copytree(self.folder / base, self.folder / more)
            finish(start("resume", str(self.folder / more), "--set", "run.iterations=1", log=log, **NICE), log)
        self.roots = {0: self.folder / base, 1: self.folder / more}
        self.lines = {plain(line) for line in log.read_text().splitlines()}

    def root(self, row: Row) -> Path:
        return self.roots[row.iteration]

    def copy_before(self, row: Row, root: Path) -> None:
        """The run as it was when the row's stage had not begun."""
        order = stage_order(self.root(row))
        root.mkdir(parents=True)
        shutil.copy(self.root(row) / "config.json", root)
        for stage in order[: order.index(row.stage)]:
            shutil.copytree(folder_of(self.root(row), stage), folder_of(root, stage))


def plain(line: str) -> str:
    return NUMBERS.sub("#", line)


def disturb(row: Row, reference: Reference, folder: Path) -> Outcome:
    """`folder` is new. Raises AssertionError if the moment was not met, or the run did not end as it should."""
    with ExitStack() as stack:
        engine = stack.enter_context(private_engine()) if row.victim == "Docker engine" else None
        runs = stack.enter_context(_disk(folder / "runs", row.victim in ("disk full", "read-only")))
        footprint = stack.enter_context(Footprint(Path(f"/tmp/kills-{os.getpid()}-{time.monotonic_ns() % 10**6}")))
        stack.callback(shutil.rmtree, footprint.folder, ignore_errors=True)
        root, log = runs / "run", folder / "run.log"
        reference.copy_before(row, root)
        environment = footprint.environment | ({"DOCKER_HOST": engine.host} if engine else {})
        nodes = Nodes(footprint) if row.victim == "node" else None
        if nodes:
            stack.callback(nodes.close)
            environment |= nodes.environment
        words = ["resume", str(root), *(word for setting in row.settings for word in ("--set", setting))]
        began = time.monotonic()
        process = start(*words, log=log, **environment)
        scene = Scene(process, footprint, root, folder_of(root, row.stage), engine, nodes)
        try:
            _await_moment(row, reference, scene, log)
            heard, killed = log.stat().st_size, time.monotonic()
            hit(row.victim, scene)
            at, kept = position(root), _files(scene.stage)  # what was being written may have come meanwhile
            if row.moment != "between" and (scene.stage / "manifest.json").exists():
                scene.notes.append("the stage was finished by then")
            lost = _await_progress(process, root, at)
            status = process.wait(DEADLINE_S)
            if status != 0:
                for mend in scene.mend:
                    mend()
                late = footprint.writers()
                process = start(*words, log=log, **environment)
                lost = lost or _await_progress(process, root, at, late)
                finish(process, log, DEADLINE_S)
        except BaseException:
            _end(process, footprint)
            raise
        if nodes:
            nodes.close()
        left = footprint.left(GONE_S, engine.host if engine else None)
        expected, found = digests(reference.root(row)), digests(root)
        assert not (twice := repeated_episodes(root)), f"twice: {twice}"
        return Outcome(
            status=status,
            said=(said := _news(log, heard, reference, root)),
            redone=_redone(scene.stage, kept, at),
            lost_s=round((lost or time.monotonic()) - killed, 1),
            seconds=round(time.monotonic() - began, 1),
            notes=tuple(scene.notes),
            differing=tuple(name for name in expected if expected[name] != found.get(name)),
            left=tuple(one for one in left if not any(one.removeprefix("file ") in line for line in said)),
        )


@contextmanager
def _disk(folder: Path, own: bool) -> Iterator[Path]:
    """A folder; on a small disk of its `own`, if asked."""
    folder.mkdir(parents=True)
    if own:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "none", str(folder)], check=True)
    try:
        yield folder
    finally:
        if own:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def _await_moment(row: Row, reference: Reference, scene: Scene, log: Path) -> None:
    expected, end = len(parts(folder_of(reference.root(row), row.stage))), time.monotonic() + DEADLINE_S
    while not is_at(scene.stage, row.moment, expected):
        assert scene.process.poll() is None, f"ended before the moment\n{log.read_text()[-3000:]}"
        missed = (scene.stage / "manifest.json").exists() and row.moment != "between"
        assert not missed and time.monotonic() < end, f"the moment was missed\n{log.read_text()[-3000:]}"
        time.sleep(0.001 if scene.stage.exists() else 0.05)


def _await_progress(
    process: "subprocess.Popen[bytes]", root: Path, at: Position, late: Sequence[Process] = ()
) -> float:
    """When the run was further than at the kill; 0.0 if the command ends before. `late`: what may still write then."""
    end = time.monotonic() + DEADLINE_S
    while process.poll() is None:
        if any(map(is_alive, late)):
            at = max(at, position(root))
        elif position(root) > at:
            return time.monotonic()
        assert time.monotonic() < end, f"no progress in {DEADLINE_S:.0f} s after the kill"
        time.sleep(0.1)
    return 0.0


def _files(stage: Path) -> dict[str, str]:
    """Which file each committed part is."""
    return {record.name: json.loads(record.read_text())["file"] for record in parts(stage)}


def _redone(stage: Path, kept: dict[str, str], at: Position) -> str:
    now = _files(stage)
    lost = [name for name, file in kept.items() if now.get(name) != file]
    assert not lost, f"committed parts were made anew: {lost}"
    facts = json.loads((stage / "manifest.json").read_text())["facts"]
    if not now:
        first = facts.get("went_on_from_step", 0)
        return f"training, from step {first} of {facts.get('steps', '?')}; was at {at.inner}"
    return f"{len(now) - len(kept)} of {len(now)} parts"


def _news(log: Path, heard: int, reference: Reference, root: Path) -> tuple[str, ...]:
    """Lines since the kill that an undisturbed run does not print, Ray's own last and cut."""
    text = COLOURS.sub("", log.read_bytes()[heard:].decode(errors="replace"))
    lines = text.replace(str(root), "DIR").splitlines()
    new = [line for line in lines if line.strip() and not ORDINARY.match(line) and plain(line) not in reference.lines]
    own = [line for line in new if not RAYS.match(line)]
    return (*own, *(f"{line[:MOST_OF_RAYS]}…" for line in new if line.startswith("(")))


def _end(process: "subprocess.Popen[bytes]", footprint: Footprint) -> None:
    """Everything of a row that failed."""
    process.kill()
    process.wait()
    for pid in footprint.alive():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    for container in footprint.containers():
        container.remove(force=True)
