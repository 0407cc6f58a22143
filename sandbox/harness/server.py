"""The fork server: PID 1 of a box. One run at a time, each in a fork; nothing of a run stays.

It holds nothing secret and decides nothing: it starts a child, relays what the child claims as bytes, measures,
kills and reaps everything that is left (ECHILD is the proof), wipes /tmp and reports. What a run sends passes
through one buffer that is wiped, so a later child finds nothing of an earlier run in its inherited memory.
"""

import contextlib
import gc
import json
import os
import resource
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from . import child, foreign, frames, judging, preload, seccomp
from .usage import Cgroup, runnable_delay

CHUNK = 1 << 16
TICK_MS = 50
"""Between looks at the CPU time that all processes of the run have used."""
RUNNERS = {"program": child.main, "judge": judging.main, "foreign": foreign.main, "compile": foreign.build}


class Wire:
    """The connection to the host: two file descriptors and one buffer for everything that passes."""

    def __init__(self, reader: int, writer: int) -> None:
        self.reader, self.writer = reader, writer
        self.buffer, self.scratch = bytearray(CHUNK), bytearray(CHUNK)
        self.used = 0

    def read_exactly(self, size: int) -> memoryview:
        """The next `size` bytes, in the buffer until the next read. Ends the box at end of file."""
        if size > len(self.buffer):
            self.buffer = bytearray(size)
        view, at = memoryview(self.buffer)[:size], 0
        while at < size:
            got = os.readv(self.reader, [view[at:]])
            if not got:
                os._exit(0)  # the driver is gone, and nobody is left to report to
            at += got
        self.used = max(self.used, size)
        return view

    def read_frame(self) -> tuple[bytes, memoryview]:
        kind, length = frames.HEADER.unpack(self.read_exactly(frames.HEADER.size))
        if length > frames.MAX_FRAME:
            os._exit(4)
        return kind, self.read_exactly(length)

    def send(self, kind: bytes, payload: bytes | memoryview) -> None:
        self._write(frames.HEADER.pack(kind, len(payload)))
        self._write(payload)

    def send_json(self, kind: bytes, value: dict[str, Any]) -> None:
        self._write(frames.pack(kind, json.dumps(value).encode()))

    def _write(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self.writer, view) :]

    def wipe(self) -> None:
        if len(self.buffer) > CHUNK << 4:
            self.buffer = bytearray(CHUNK)
        else:
            self.buffer[: self.used] = bytes(self.used)
        self.used = 0

    def wipe_scratch(self) -> None:
        self.scratch[:] = bytes(CHUNK)


class Run:
    """One child from fork to the last reaped orphan."""

    def __init__(self, wire: Wire, cgroup: Cgroup, limits: dict[str, Any]) -> None:
        self.wire, self.cgroup, self.limits = wire, cgroup, limits
        self.relayed = {"claims": 0, "output": 0}
        self.pending = bytearray()  # orders that the child has not taken yet
        self.end = ""

    def execute(self, filter_program: Any) -> dict[str, Any]:
        """Run to the end. The wire's buffer holds the body; the child inherits it with its memory."""
        started, cpu_before = time.monotonic(), self.cgroup.cpu_s()
        claims, output, errors, orders = os.pipe(), os.pipe(), os.pipe(), os.pipe()
        pid = os.fork()
        if pid == 0:
            self._become_child(claims[1], output[1], errors[1], orders[0], filter_program)
        for fd in (claims[1], output[1], errors[1], orders[0]):
            os.close(fd)
        self.wire.wipe()
        self.streams = {claims[0]: ("claims", b"C"), output[0]: ("output", b"O" if self.limits["relay"] else b"")}
        self.streams[errors[0]] = ("output", b"")
        self.orders = orders[1]
        for fd in (*self.streams, self.orders):
            os.set_blocking(fd, False)
        self._watch(pid, started, cpu_before)
        delay = runnable_delay() if self.end == "wall" else 0.0
        usage = self._kill_everything(pid)
        self._drain()
        self.wire.wipe_scratch()
        for fd in (*self.streams, self.orders):
            os.close(fd)
        return {**usage, "end": self.end, "wall_s": time.monotonic() - started, "delay_s": delay}

    def _become_child(self, claims: int, output: int, errors: int, orders: int, filter_program: Any) -> None:
        try:
            body = bytes(self.wire.buffer[: self.wire.used])
            # high copies first, so that no dup2 overwrites a descriptor that is still needed
            high = [os.dup(fd) for fd in (os.open("/dev/null", os.O_RDONLY), output, errors, claims, orders)]
            for target, fd in enumerate(high):
                os.dup2(fd, target)
            os.closerange(5, 512)
            child.confine(self.limits, filter_program)
            RUNNERS[self.limits["runner"]](body)
        except BaseException:  # nothing may return into the server's loop
            os._exit(97)
        os._exit(0)

    def _watch(self, pid: int, started: float, cpu_before: float) -> None:
        """Relay until the main child ends or a limit does; `end` then says which."""
        self.poll = select.poll()
        pidfd = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None
        for fd in (self.wire.reader, *self.streams, *([] if pidfd is None else [pidfd])):
            self.poll.register(fd, select.POLLIN)
        while not self.end:
            for fd, _ in self.poll.poll(TICK_MS):
                if fd == self.wire.reader:
                    self._obey()
                elif fd == self.orders:
                    self._push()
                elif fd in self.streams and not self._relay(fd):
                    self.poll.unregister(fd)
                elif fd == pidfd:
                    self.end = self.end or "exit"
            if pidfd is None and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                self.end = self.end or "exit"
            if time.monotonic() - started > self.limits["wall_s"]:
                self.end = self.end or "wall"
            if self.cgroup.cpu_s() - cpu_before > self.limits["cpu_s"]:
                self.end = self.end or "cpu"
        if pidfd is not None:
            os.close(pidfd)

    def _obey(self) -> None:
        kind, payload = self.wire.read_frame()
        if kind == b"E":
            self.end = self.end or "told"
        elif kind == b"S":
            self.limits["claims"] += len(payload)  # large arguments may have large answers
            self.pending += frames.LENGTH.pack(len(payload)) + payload
            self._push()
        self.wire.wipe()

    def _push(self) -> None:
        """Hand over pending orders as far as the child takes them; it may never block the server."""
        try:
            del self.pending[: os.write(self.orders, self.pending)]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self.pending.clear()  # the child closed its end; the host will see that no answer comes
        if self.pending:
            self.poll.register(self.orders, select.POLLOUT)
        else:
            with contextlib.suppress(KeyError):
                self.poll.unregister(self.orders)

    def _relay(self, fd: int) -> bool:
        """Pass on what one pipe holds now. False at its end."""
        name, kind = self.streams[fd]
        try:
            size = os.readv(fd, [self.wire.scratch])
        except BlockingIOError:
            return True
        self.relayed[name] += size
        if self.relayed[name] > self.limits[name]:
            self.end = self.end or f"{name} flood"
        elif kind and size:
            self.wire.send(kind, memoryview(self.wire.scratch)[:size])
        return size > 0

    def _drain(self) -> None:
        """What the dead had written before they died."""
        for fd in self.streams:
            while "flood" not in self.end and self._relay(fd):
                try:
                    if not select.select([fd], [], [], 0)[0]:
                        break
                except OSError:
                    break

    def _kill_everything(self, pid: int) -> dict[str, Any]:
        """SIGKILL to every process of the box but this one, then reap until none is left."""
        cpu_s, peak_kib, processes = 0.0, 0, 0
        code: int | None = None
        if self.end == "exit":  # its own status first, before the killing could change it
            _, raw, usage = os.wait4(pid, 0)
            code = os.waitstatus_to_exitcode(raw)
            cpu_s, peak_kib, processes = usage.ru_utime + usage.ru_stime, usage.ru_maxrss, 1
        while True:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
            try:
                _, _, usage = os.wait4(-1, 0)
            except ChildProcessError:
                break
            cpu_s += usage.ru_utime + usage.ru_stime
            peak_kib, processes = max(peak_kib, usage.ru_maxrss), processes + 1
        return {"code": code, "cpu_s": cpu_s, "peak_mib": peak_kib / 1024, "processes": processes}


def wipe_tmp() -> bool:
    """Empty /tmp. False where something resists, and then the box is no longer used."""
    try:
        _remove_below("/tmp", 0)
        return True
    except (OSError, RecursionError):
        return False


def _remove_below(folder: str, depth: int) -> None:
    if depth > 100:
        raise OSError("a tree too deep to remove")
    if depth:
        os.chmod(folder, 0o700)  # noqa: PTH101 (names may be no valid text; only strings from scandir come through)
    with os.scandir(folder) as entries:
        for entry in list(entries):
            if entry.is_dir(follow_symlinks=False):
                _remove_below(entry.path, depth + 1)
                os.rmdir(entry.path)  # noqa: PTH106
            else:
                os.unlink(entry.path)  # noqa: PTH108


def serve(wire: Wire) -> None:
    """Runs, one after the other, until the host goes away."""
    cgroup, filter_program = Cgroup(), seccomp.build()
    baseline = resource.getpagesize() * int(Path("/proc/self/statm").read_text().split()[5])
    wire.send_json(b"H", {"protocol": frames.PROTOCOL, "python": sys.version.split()[0], "cgroup": cgroup.found})
    oom_kills = cgroup.oom_kills()
    while True:
        kind, payload = wire.read_frame()
        if kind != b"R":
            continue  # a late E for a run that had already ended
        limits = json.loads(bytes(payload))
        wire.wipe()
        kind, payload = wire.read_frame()
        if kind != b"B":
            os._exit(4)
        wire.used = len(payload)
        limits["baseline"] = baseline
        run = Run(wire, cgroup, limits)
        done = run.execute(filter_program)
        killed, oom_kills = oom_kills, cgroup.oom_kills()
        done["oom"] = oom_kills > killed
        done["clean"] = wipe_tmp()
        wire.send_json(b"D", done)


def connect(address: str) -> Wire:
    """The wire to the host: a socket's path, or `stdio` for descriptors 0 and 1, which then move away."""
    if address != "stdio":
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(5)
        client.connect(address)
        client.setblocking(True)
        fd = client.detach()
        return Wire(fd, fd)
    reader, writer = os.dup(0), os.dup(1)
    null = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    return Wire(reader, writer)


def main() -> None:
    if os.getpid() != 1:
        raise SystemExit("the fork server kills every process it can see; it runs as PID 1 of a container only")
    seccomp.set_dumpable(False)
    for number in (signal.SIGINT, signal.SIGPIPE):
        # default action and PID 1: signals of its own descendants have no effect. SIGPIPE must not end the server
        signal.signal(number, signal.SIG_DFL if number is signal.SIGINT else signal.SIG_IGN)
    wire = connect(sys.argv[1])
    preload.modules()
    gc.collect()
    gc.freeze()
    gc.disable()
    serve(wire)
