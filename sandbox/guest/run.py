"""One run: a child from its fork to the last reaped orphan."""

import contextlib
import os
import select
import signal
import time
from typing import Any

from sandbox.guest import channel, child, foreign
from sandbox.guest.forking import fork_child
from sandbox.guest.judge_box import checking, judging
from sandbox.guest.usage import BoxCgroup, runnable_delay
from sandbox.guest.wire import Wire
from sandbox.protocol import frames

QUIET_MS = 5
"""What a run says and prints in this time waits in its pipes: most runs are over by then, and wake nobody."""
LONG_S = 0.02
"""Of wall time: what a shorter run has used is no matter of limits, and a look at the counters would cost it."""
TICK_MS = 50
"""Between looks at the CPU time that all processes of the run have used."""
RUNNERS = {
    "program": child.run_program,
    "judge": judging.run_tests,
    "checker": checking.run_checker,
    "foreign": foreign.run_foreign,
    "foreign_judge": foreign.run_judge,
    "compile": foreign.run_compiler,
}


class Run:
    """`limits` is the run's header: what it may use, its runner, and whether it talks with the host as it goes."""

    def __init__(self, wire: Wire, cgroup: BoxCgroup, limits: dict[str, Any]) -> None:
        self.wire, self.cgroup, self.limits = wire, cgroup, limits
        self.relayed = {"messages": 0, "output": 0}
        self.streams: dict[int, tuple[str, bytes]] = {}
        self.to_child: int | None = None
        self.pending = bytearray()  # messages that the child has not taken yet
        self.poll = select.poll()
        self.delay_s = 0.0
        self.end = ""

    def execute(self) -> dict[str, Any]:
        """Run to the end. The wire's buffer holds the body; the child inherits it with its memory."""
        started, cpu_before, own_before = time.monotonic(), self.cgroup.cpu_s(), time.process_time()
        pid = self._start()
        self.wire.wipe()
        self._watch(pid, started, cpu_before)
        usage = self._kill_everything(pid)
        if time.monotonic() - started > LONG_S:  # a child that its parent did not wait for shows in no other sum
            own = time.process_time() - own_before
            usage["cpu_s"] = max(usage["cpu_s"], self.cgroup.cpu_s() - cpu_before - own)
        self._drain()
        for fd in self.streams:
            os.close(fd)
        if self.to_child is not None:
            os.close(self.to_child)
        return {**usage, "end": self.end, "wall_s": time.monotonic() - started, "delay_s": self.delay_s}

    def _start(self) -> int:
        """Fork. Standard error has a pipe of its own only if standard output is wanted."""
        relay, talks = self.limits["relay"], self.limits["talks"]
        messages, output = os.pipe(), os.pipe()
        errors = os.pipe() if relay else output
        from_host = os.pipe() if talks else None
        pid = fork_child()
        if pid == 0:
            self._become_child(output[1], errors[1], messages[1], from_host and from_host[0])
        kind = frames.OUTPUT if relay else b""
        self.streams = {messages[0]: ("messages", frames.MESSAGES), output[0]: ("output", kind)}
        os.close(messages[1])
        os.close(output[1])
        if relay:
            self.streams[errors[0]] = ("output", b"")
            os.close(errors[1])
        if from_host:
            self.to_child = from_host[1]
            os.close(from_host[0])
            os.set_blocking(self.to_child, False)
        for fd in self.streams:
            os.set_blocking(fd, False)
        return pid

    def _become_child(self, output: int, errors: int, messages: int, from_host: int | None) -> None:
        """The server keeps 0 to 4 on /dev/null, so no pipe has one of these numbers and none is overwritten."""
        try:
            body = bytes(self.wire.buffer[: self.wire.used])
            os.dup2(output, 1)
            os.dup2(errors, 2)
            os.dup2(messages, channel.TO_HOST)
            if from_host is not None:
                os.dup2(from_host, channel.FROM_HOST)
            os.closerange(channel.FROM_HOST + 1, 512)
            child.confine_child(self.limits)
            RUNNERS[self.limits["runner"]](body)
        except BaseException:  # nothing may return into the server's loop
            os._exit(97)
        os._exit(0)

    def _watch(self, pid: int, started: float, cpu_before: float) -> None:
        """Relay until the main child ends or a limit does; `end` then says which."""
        pidfd = _pidfd(pid)
        self.poll.register(self.wire.reader, select.POLLIN)
        if pidfd is not None:
            self.poll.register(pidfd, select.POLLIN)
        quiet = pidfd is not None and not self.limits["talks"]
        if not quiet:
            self._listen()
        while not self.end:
            for fd, _ in self.poll.poll(QUIET_MS if quiet else TICK_MS):
                if fd == pidfd:
                    self.end = self.end or "exit"
                elif fd == self.wire.reader:
                    self._obey()
                elif fd == self.to_child:
                    self._push()
                elif not self._relay(fd):
                    self.poll.unregister(fd)
            if quiet:
                quiet = False
                self._listen()
            self.wire.flush()
            if pidfd is None and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                self.end = self.end or "exit"
            self.end = self.end or self._exceeded(started, cpu_before)
        if pidfd is not None:
            os.close(pidfd)

    def _listen(self) -> None:
        for fd in self.streams:
            self.poll.register(fd, select.POLLIN)

    def _exceeded(self, started: float, cpu_before: float) -> str:
        """The limit that is exceeded. Time without a core does not count as wall time; the host is told of it."""
        elapsed, wall_s = time.monotonic() - started, self.limits["wall_s"]
        if elapsed > wall_s + self.delay_s:
            self.delay_s = min(runnable_delay(), (frames.PATIENCE - 1) * wall_s)
            if elapsed > wall_s + self.delay_s:
                return "wall"
            self.wire.send_json(frames.WAITING, {})
        return "cpu" if self.cgroup.cpu_s() - cpu_before > self.limits["cpu_s"] else ""

    def _obey(self) -> None:
        kind, payload = self.wire.read_frame()
        if kind == frames.END:
            self.end = self.end or "told"
        elif kind == frames.MESSAGE and self.to_child is not None:
            # the host has read what was said so far; large arguments may have large answers
            self.relayed["messages"] = -len(payload)
            self.pending += frames.LENGTH.pack(len(payload)) + payload
            self._push()
        self.wire.wipe()

    def _push(self) -> None:
        """Hand over pending messages as far as the child takes them; it may never block the server."""
        assert self.to_child is not None
        try:
            del self.pending[: os.write(self.to_child, self.pending)]
        except BlockingIOError:
            pass
        except BrokenPipeError:
            self.pending.clear()  # the child closed its end; the host will see that no answer comes
        if self.pending:
            self.poll.register(self.to_child, select.POLLOUT)
        else:
            with contextlib.suppress(KeyError):
                self.poll.unregister(self.to_child)

    def _relay(self, fd: int) -> bool:
        """Pass on what one pipe holds now. False at its end."""
        name, kind = self.streams[fd]
        size = self.wire.relay(b"" if self.relayed[name] > self.limits[name] else kind, fd)
        self.relayed[name] += size
        if self.relayed[name] > self.limits[name]:
            self.end = self.end or f"{name} flood"
        return size > 0

    def _drain(self) -> None:
        """What the dead had written before they died."""
        for fd in self.streams:
            with contextlib.suppress(BlockingIOError):  # a descriptor on its way between two dead processes
                while "flood" not in self.end and self._relay(fd):
                    pass

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


def _pidfd(pid: int) -> int | None:
    """A descriptor that becomes readable at the process's end; None if there is no such thing, as under gVisor."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None
