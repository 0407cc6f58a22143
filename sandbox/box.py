"""One warm container: start, run, replace. It receives programs and calls, never answers."""

import contextlib
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any, Literal

import docker
import docker.errors
import requests
from docker.models.containers import Container

from sandbox import owner
from sandbox.errors import BoxLost, SandboxUnavailable
from sandbox.harness import frames
from sandbox.problem import Limits
from sandbox.transport import Link, SocketDoor, TransportName, attach

START_DEADLINE_S = 30
SLACK_S = 10
"""Seconds beyond the wall limit after which a silent box counts as lost."""
HEADROOM_MIB = 192
"""For the fork server and the copies of its pages, above what a run may use."""
CLAIM_BYTES, OUTPUT_BYTES = 8 << 20, 16 << 20
JUDGE_CLAIM_BYTES = 1 << 30
"""Tests may hand over large arguments again and again, and each is read and forgotten; the wall limit ends a flood."""
Runner = Literal["program", "judge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The fork server's report on a finished run. `end`: exit, cpu, wall, told, claims flood, output flood."""

    end: str
    code: int | None
    cpu_s: float
    wall_s: float
    peak_mib: float
    delay_s: float
    processes: int
    oom: bool
    clean: bool


class Session:
    """One run in a box: claims come out one by one, messages may go in, `finish` ends it in any case."""

    def __init__(self, box: "Box", deadline: float) -> None:
        self._box, self._deadline = box, deadline
        self._claims = bytearray()
        self.output = bytearray()
        self.garbled = False
        self.done: Done | None = None

    def claim(self) -> dict[str, Any] | None:
        """The next claim of the child, None at the end of the run. Untrusted: a JSON object, no more."""
        while not self.garbled:
            claim = self._next_claim()
            if claim is not None or self.done is not None:
                return claim
            self._read()
        return None

    def send(self, message: dict[str, Any]) -> bool:
        """A message for the child. False where it is too large to be sent."""
        data = json.dumps(message).encode()
        if len(data) > frames.MAX_FRAME:
            return False
        if self.done is None:
            self._box.send(b"S", data)
        return True

    def finish(self) -> Done:
        """Ends the run if it still goes on, and waits for the report. Raises BoxLost."""
        if self.done is None and self.garbled:
            self._box.send(b"E", b"")
        while self.done is None:
            self._read()
        return self.done

    def stop(self) -> Done:
        """Ends the run now: nobody wants more of it."""
        if self.done is None:
            self._box.send(b"E", b"")
        return self.finish()

    def _next_claim(self) -> dict[str, Any] | None:
        head = frames.LENGTH.size
        if len(self._claims) < head:
            return None
        (size,) = frames.LENGTH.unpack_from(self._claims)
        if len(self._claims) < head + size:
            return None
        text = bytes(self._claims[head : head + size])
        del self._claims[: head + size]
        try:
            claim = json.loads(text)
        except (ValueError, RecursionError):
            claim = None
        if not isinstance(claim, dict):
            self.garbled = True
            return None
        return claim

    def _read(self) -> None:
        kind, payload = self._box.receive(self._deadline)
        if kind == b"C":
            self._claims += payload
        elif kind == b"O":
            self.output += payload
        elif kind == b"D":
            self.done = Done(**json.loads(payload))
        else:
            raise BoxLost(f"unexpected frame {kind!r} from the box")


class Box:
    """A container with the fork server in it. Not for use by two threads at once."""

    def __init__(self, container: Container, link: Link, memory_mib: int) -> None:
        self._container, self._link = container, link
        self.memory_mib = memory_mib
        self.name = str(container.name)
        self.dirty = False
        self.runs = 0
        self._raw = b""
        self._began = time.time()

    @classmethod
    def start(
        cls, client: docker.DockerClient, image: str, *, memory_mib: int, runtime: str, transport: TransportName
    ) -> "Box":
        """A box that has said hello. Raises SandboxUnavailable or BoxLost, and leaves nothing then."""
        deadline = time.monotonic() + START_DEADLINE_S
        door = SocketDoor() if transport == "socket" else None
        container: Container | None = None
        try:
            container = client.containers.create(image, **_options(memory_mib, runtime, door))
            link: Link | None = None if door else attach(container)
            container.start()
            box = cls(container, link or door.accept(container, deadline), memory_mib)  # type: ignore[union-attr]
            box.expect_hello(deadline)
        except (docker.errors.DockerException, requests.exceptions.RequestException, BoxLost) as error:
            if container is not None:
                _remove(container)
            if isinstance(error, BoxLost):
                raise
            raise SandboxUnavailable(f"the engine did not start a box: {error}") from error
        finally:
            if door:
                door.close()
        return box

    def expect_hello(self, deadline: float) -> None:
        kind, payload = self.receive(deadline)
        hello = json.loads(payload) if kind == b"H" else {}
        if hello.get("protocol") != frames.PROTOCOL:
            raise BoxLost(f"the box speaks protocol {hello.get('protocol')}, not {frames.PROTOCOL}")

    def begin(self, runner: Runner, body: dict[str, Any], limits: Limits, relay_output: bool = False) -> Session:
        """Start one run. The session must be finished before the next one begins."""
        header = {
            "runner": runner,
            "cpu_s": limits.cpu_limit_s,
            "wall_s": limits.wall_limit_s,
            "memory_mib": limits.memory_mib,
            "claims": CLAIM_BYTES if runner == "program" else JUDGE_CLAIM_BYTES,
            "output": OUTPUT_BYTES,
            "relay": relay_output,
        }
        self.runs += 1
        self._began = time.time()
        data = frames.pack(b"R", json.dumps(header).encode()) + frames.pack(b"B", json.dumps(body).encode())
        self._raw += self._link.send(data)
        return Session(self, time.monotonic() + limits.wall_limit_s + SLACK_S)

    def send(self, kind: bytes, payload: bytes) -> None:
        self._raw += self._link.send(frames.pack(kind, payload))

    def receive(self, deadline: float) -> tuple[bytes, bytes]:
        """One frame. Raises BoxLost."""
        head = frames.HEADER.size
        while True:
            if len(self._raw) >= head:
                kind, size = frames.HEADER.unpack_from(self._raw)
                if size > frames.MAX_FRAME:
                    raise BoxLost("the box announced an endless frame")
                if len(self._raw) >= head + size:
                    payload, self._raw = self._raw[head : head + size], self._raw[head + size :]
                    return kind, payload
            self._raw += self._link.receive(deadline)

    def ran_out_of_memory(self, client: docker.DockerClient) -> bool:
        """Whether the engine saw the kernel kill something in this box for its memory during the last run."""
        filters = {"container": self._container.id, "event": "oom"}
        since = int(self._began)  # the engine answers at once only for a past second, so the last one is waited for
        time.sleep(1)
        try:
            events = client.events(since=since, until=int(time.time()), filters=filters, decode=True)
            return any(True for _ in events)
        except (docker.errors.DockerException, requests.exceptions.RequestException):
            return False

    def abort(self) -> None:
        """From any thread: end the box, and with BoxLost whatever it does."""
        self._link.hang_up()
        _remove(self._container)

    def destroy(self) -> None:
        """From the thread that uses the box, when it needs it no more."""
        self._link.close()
        _remove(self._container)


def _remove(container: Container) -> None:
    # an error: it is already gone, or the engine is, and then the reaper finds it
    with contextlib.suppress(docker.errors.DockerException, requests.exceptions.RequestException):
        container.remove(force=True)


def _options(memory_mib: int, runtime: str, door: SocketDoor | None) -> dict[str, Any]:
    """What the container may do: nothing but compute."""
    memory = f"{memory_mib + HEADROOM_MIB}m"
    start = "import sys; sys.path[:0] = ['/opt/box', f'/usr/local/lib/python{sys.version_info[0]}.{sys.version_info[1]}"
    start += "/site-packages']; from harness.server import main; main()"
    return {
        "command": ["python3", "-I", "-S", "-B", "-c", start, "/ctl/box" if door else "stdio"],
        "name": f"mucode-box-{uuid.uuid4().hex[:12]}",
        "labels": owner.labels(),
        "volumes": {str(door.folder): {"bind": "/ctl", "mode": "ro"}} if door else {},
        "stdin_open": door is None,
        "runtime": runtime,
        "auto_remove": True,
        "network_mode": "none",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "pids_limit": 64 if runtime == "runc" else 1024,  # gVisor's own threads count as well
        "mem_limit": memory,
        "memswap_limit": memory,
        "ipc_mode": "none",
        "user": "65534:65534",
        "working_dir": "/tmp",
        "stop_signal": "SIGKILL",
        "ulimits": [docker.types.Ulimit(name="core", soft=0, hard=0)],
        "tmpfs": {"/tmp": "rw,noexec,nosuid,nodev,size=64m,nr_inodes=4k,mode=1777"},
        "environment": {
            "PATH": "/usr/local/bin",
            "HOME": "/tmp",
            "LANG": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        },
        "log_config": docker.types.LogConfig(type="none"),
    }
