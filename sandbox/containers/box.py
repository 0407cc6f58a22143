"""One warm container: start, run, replace. It receives programs and calls, never answers."""

import contextlib
import json
import threading
import time
from typing import Any, Literal

import docker
import docker.errors
import requests
from docker.models.containers import Container

from sandbox.containers import cgroup, confinement
from sandbox.containers.connection import BoxConnection, TransportName, attach_streams
from sandbox.containers.listener import BoxListener
from sandbox.containers.session import JUDGE_MESSAGE_BYTES, OUTPUT_BYTES, BoxSession
from sandbox.errors import BoxLost, SandboxUnavailable
from sandbox.json_text import read_json
from sandbox.problem import Limits
from sandbox.protocol import frames

START_DEADLINE_S, LIBRARIES_START_DEADLINE_S = 30, 150
"""The longer one for an image with libraries, which the fork server imports first: seconds of CPU time."""
SLACK_S = 10
"""Seconds beyond the wall limit after which a silent box counts as lost."""
OOM_EVENT_S = 0.3
"""How long after a box's death the engine may tell that it was for memory."""
Runner = Literal["program", "judge", "checker", "foreign", "foreign_judge", "compile"]
JUDGES = ("judge", "foreign_judge")


class Box:
    """A container with the fork server in it. Not for use by two threads at once."""

    def __init__(
        self, container: Container, connection: BoxConnection, memory_mib: int, seed: int, image: str = ""
    ) -> None:
        self._container, self._connection = container, connection
        self.memory_mib, self.seed, self.image = memory_mib, seed, image
        self.name = str(container.name)
        self.tainted = False
        self.runs = 0
        self._raw = b""
        self._began = time.time()

    @classmethod
    def start(
        cls,
        client: docker.DockerClient,
        image: str,
        *,
        memory_mib: int,
        runtime: str,
        transport: TransportName,
        seed: int = confinement.FIRST_SEED,
        libraries: bool = False,
    ) -> "Box":
        """A box that has said hello. Raises SandboxUnavailable or BoxLost, and leaves nothing then."""
        deadline = time.monotonic() + (LIBRARIES_START_DEADLINE_S if libraries else START_DEADLINE_S)
        listener = BoxListener() if transport == "socket" else None
        container: Container | None = None
        try:
            parent = cgroup.cgroup_parent(client).name
            options = confinement.container_options(memory_mib, runtime, listener, parent, seed, libraries)
            container = client.containers.create(image, **options)
            connection: BoxConnection | None = None if listener else attach_streams(container)
            container.start()
            connection = connection or listener.accept(container, deadline)  # type: ignore[union-attr]
            box = cls(container, connection, memory_mib, seed, image)
            box.expect_hello(deadline)
        except (docker.errors.DockerException, requests.exceptions.RequestException, BoxLost) as error:
            if container is not None:
                # not waited for: a start that hangs would keep the engine from removing what it starts
                threading.Thread(target=_remove, args=(container,), name="sandbox-remove", daemon=True).start()
            raise _explained(error, listener) from error
        finally:
            if listener:
                listener.close()
        return box

    def expect_hello(self, deadline: float) -> None:
        kind, payload = self.receive(deadline)
        hello = read_json(payload) if kind == frames.HELLO else {}
        if hello.get("protocol") != frames.PROTOCOL:
            raise BoxLost(f"the box speaks protocol {hello.get('protocol')}, not {frames.PROTOCOL}")

    def begin(self, runner: Runner, body: dict[str, Any], limits: Limits, relay_output: bool = False) -> BoxSession:
        """Start one run. The session must be finished before the next one begins."""
        talks = runner in JUDGES or body.get("interactive", False)
        values_mib = min(limits.values_mib, frames.MAX_FRAME >> 20) if talks else limits.values_mib  # of one message
        header = {
            "runner": runner,
            "cpu_s": limits.cpu_limit_s,
            "wall_s": limits.wall_limit_s,
            "memory_mib": limits.memory_mib,
            "int_max_str_digits": limits.int_max_str_digits,
            "messages": JUDGE_MESSAGE_BYTES if runner in JUDGES else values_mib << 20,
            "output": OUTPUT_BYTES,
            "relay": relay_output,
            "talks": talks,
        }
        self.runs += 1
        self._began = time.time()
        data = frames.pack_frame(frames.RUN, json.dumps(header).encode()) + frames.pack_frame(
            frames.BODY, json.dumps(body).encode()
        )
        self._raw += self._connection.send(data)
        return BoxSession(self, limits.wall_limit_s + SLACK_S, values_mib)

    def send(self, kind: bytes, payload: bytes) -> None:
        self._raw += self._connection.send(frames.pack_frame(kind, payload))

    def receive(self, deadline: float) -> tuple[bytes, bytes]:
        """One frame. Raises BoxLost."""
        while not (end := self._whole()):
            self._raw += self._connection.receive(deadline)
        kind, _ = frames.HEADER.unpack_from(self._raw)
        payload, self._raw = self._raw[frames.HEADER.size : end], self._raw[end:]
        return kind, payload

    def _whole(self) -> int:
        """Where the first frame that came ends; 0 while it is not whole. Raises BoxLost."""
        if len(self._raw) < frames.HEADER.size:
            return 0
        size: int = frames.HEADER.unpack_from(self._raw)[1]
        if size > frames.MAX_FRAME:
            raise BoxLost("the box announced an endless frame")
        end = frames.HEADER.size + size
        return end if len(self._raw) >= end else 0

    def ready(self) -> bool:
        """Whether a frame has come, or begins to."""
        return self._whole() > 0 or self._connection.ready()

    def fileno(self) -> int:
        return self._connection.fileno()

    def ran_out_of_memory(self, client: docker.DockerClient) -> bool:
        """Whether the engine saw the kernel kill something in this box for its memory during the last run."""
        filters = {"container": self._container.id, "event": "oom"}
        since, until = (f"{moment:.6f}" for moment in (self._began, time.time() + OOM_EVENT_S))
        try:
            events = client.events(since=since, until=until, filters=filters, decode=True)  # type: ignore[arg-type]
            with contextlib.closing(events):
                return any(True for _ in events)
        except (docker.errors.DockerException, requests.exceptions.RequestException):
            return False

    def abort(self) -> None:
        """From any thread: end the box, and with BoxLost whatever it does."""
        self._connection.hang_up()
        _remove(self._container)

    def destroy(self) -> None:
        """From the thread that uses the box, when it needs it no more."""
        self._connection.close()
        _remove(self._container)


def _explained(error: Exception, listener: BoxListener | None) -> BoxLost | SandboxUnavailable:
    """BoxLost if another transport or another try may help."""
    if isinstance(error, BoxLost):
        return error
    if listener and "bind source path does not exist" in str(error):
        return BoxLost(
            f"the engine does not see {listener.folder}: it runs on another machine or in another file system"
        )
    if isinstance(error, requests.exceptions.ReadTimeout):
        return SandboxUnavailable(
            f"the engine did not start a box within {START_DEADLINE_S} s; its log and `docker ps -a` tell what hangs"
        )
    return SandboxUnavailable(f"the engine did not start a box: {error}")


def _remove(container: Container) -> None:
    # an error: it is already gone, or the engine is, and then the reaper finds it
    with contextlib.suppress(docker.errors.DockerException, requests.exceptions.RequestException):
        container.remove(force=True)
