"""What a command has started and made, and what of it is still there when it has ended.

Processes are known by a variable of their environment, or by a parent that is known; containers by the process that
owns them; files by a folder for temporary ones that the command has for itself; shared memory by nobody who maps it.
"""

import threading
import time
import uuid
from contextlib import suppress
from pathlib import Path

import docker

from sandbox.containers.ownership import OWNER

MARK = "MUCODE_KILLS_MARK"
SCAN_S = 0.4
KEPT = ("ray", "mucode-selftest-", "torchinductor_")
"""In the folder for temporary files: Ray's logs, what the sandbox knows of this machine, and torch's cache."""
NICE = {"RAY_worker_niceness": "0"}
"""Ray starts workers at nice 15; seconds of a row shall not depend on what else the machine does."""
AGENTS = ("ray::DashboardAgent", "ray::RuntimeEnvAgent")
"""Of Ray's node: they write nothing into a run, and outlive a driver that is killed by a minute."""
Process = tuple[int, str]
"""Its id, and its start in clock ticks since boot: ids are given again."""


class Footprint:
    """Of the commands that are started with `environment`, as long as the body lasts."""

    def __init__(self, folder: Path) -> None:
        """`folder`: for temporary files; its path must be short, since Ray puts sockets there."""
        self.folder, self.mark = folder, uuid.uuid4().hex
        self.known: dict[Process, str] = {}
        """Title of each process that was seen."""
        self._others: set[Process] = set()
        self._shared = shared_names()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True, name="footprint")

    @property
    def environment(self) -> dict[str, str]:
        return {MARK: self.mark, "TMPDIR": str(self.folder), **NICE}

    def __enter__(self) -> "Footprint":
        self.folder.mkdir(parents=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(SCAN_S):
            self.scan()

    def scan(self) -> None:
        """Look for processes that are new."""
        found = {pid: about for pid in pids() if (about := stat(pid)) is not None}
        for pid, (started, parent) in found.items():
            process = (pid, started)
            if process in self.known:
                self.known[process] = title(pid) or self.known[process]
                continue
            its_parent = (parent, found[parent][0]) if parent in found else None
            if its_parent in self.known or (process not in self._others and self._is_marked(pid)):
                self.known[process] = title(pid)
            else:
                self._others.add(process)

    def adopt(self, pid: int) -> None:
        """Know a process that others started, and those that it will start."""
        if (about := stat(pid)) is not None:
            self._others.discard((pid, about[0]))
            self.known[pid, about[0]] = title(pid)

    def _is_marked(self, pid: int) -> bool:
        with suppress(OSError):
            return f"{MARK}={self.mark}".encode() in Path(f"/proc/{pid}/environ").read_bytes()
        return False

    def alive(self, *titles: str) -> list[int]:
        """Ids of known processes that live, of those whose title has one of these parts."""
        self.scan()
        return [
            process[0]
            for process, name in list(self.known.items())
            if is_alive(process) and (not titles or any(part in name for part in titles))
        ]

    def writers(self) -> list[Process]:
        """Those that live and may still write into the run."""
        self.scan()
        return [
            process for process, name in list(self.known.items()) if is_alive(process) and not name.startswith(AGENTS)
        ]

    def containers(self, host: str | None = None) -> list[docker.models.containers.Container]:
        """Boxes whose owner is or was one of the processes."""
        client = docker.DockerClient(host) if host else docker.from_env()
        found = client.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True)
        return [one for one in found if self._owns(one.labels[OWNER])]

    def _owns(self, owner: str) -> bool:
        _, pid, started = owner.split(":")
        return (int(pid), started) in self.known

    def left(self, within_s: float, host: str | None = None) -> list[str]:
        """What is still there after so many seconds, in words; [] as soon as there is nothing."""
        end = time.monotonic() + within_s
        while (found := self._left(host)) and time.monotonic() < end:
            time.sleep(0.25)
        return found

    def _left(self, host: str | None) -> list[str]:
        processes = [f"process {pid}: {self.known[pid, stat(pid)[0]][:80]}" for pid in self.alive() if stat(pid)]  # type: ignore[index]
        containers = [f"container {one.name}" for one in self.containers(host)]
        files = [f"file {name.name}" for name in sorted(self.folder.iterdir()) if not name.name.startswith(KEPT)]
        new = shared_names() - self._shared
        shared = [f"shared memory {name}" for name in sorted(new) if new and not is_mapped(name)]
        return [*processes, *containers, *files, *shared]


def pids() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def shared_names() -> set[str]:
    return {path.name for path in Path("/dev/shm").iterdir()}


def stat(pid: int) -> tuple[str, int] | None:
    """Start and parent of a process; None if it has ended."""
    with suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] == "Z" else (fields[19], int(fields[1]))
    return None


def is_alive(process: Process) -> bool:
    about = stat(process[0])
    return about is not None and about[0] == process[1]


def title(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


def is_mapped(name: str) -> bool:
    """Whether a process has this shared memory in its own."""
    needle = f"/dev/shm/{name}".encode()
    for pid in pids():
        with suppress(OSError):
            if needle in Path(f"/proc/{pid}/maps").read_bytes():
                return True
    return False
