"""The fault table: boxes, engines, drivers and disks that fail. Each fault has a deadline, a name, a replacement.

Tests of what befalls an engine are in test_engine_faults.py.

| fault | how long | what the caller sees | test |
|---|---|---|---|
| box killed | at once | the run is repeated in the standby | `…killed_box…` |
| box paused, silent | wall limit + SLACK_S | the same | `…paused_box…` |
| box out of memory | at once | memory_limit; the box goes on or is replaced | `…box_out_of_memory…` |
| every box dies | three attempts | infrastructure_error with the reason | `…boxes_that_always_die…` |
| engine stopped | ENGINE_PATIENCE_S | infrastructure_error naming the engine, until it is back | `…stopped_engine…` |
| engine restarted | ENGINE_PATIENCE_S | the run is repeated | `…restarted_engine…` |
| engine killed | none | runs over the socket go on | `…killed_engine…` |
| start hangs | CALL_DEADLINE_S | SandboxUnavailable with the deadline | `…start_that_hangs…` |
| engine's disk full | at once | SandboxUnavailable in the engine's words | `…full_disk_of_the_engine…` |
| temporary folder full | at once | nothing: attached streams | `…full_temporary_folder…` |
| engine elsewhere | at once | nothing: attached streams | `…does_not_see_our_folders…` |
| driver killed, idle or busy | at once | boxes end by themselves | `…die_with_their_driver` |
| driver and engine killed | next start | the reaper removes boxes and folders | `test_owner.py` |
"""

import os
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import docker
import pytest

from sandbox.containers import cgroup, confinement, ownership
from sandbox.containers.connection import SocketConnection
from sandbox.containers.docker_client import connect_engine
from sandbox.errors import SandboxUnavailable
from sandbox.pool.pool import Pool
from sandbox.problem import Limits
from sandbox.verdict import Verdict
from tests.sandbox.faults import PROBLEM, RIGHT
from tests.sandbox.problems import function


def mine(client: docker.DockerClient) -> list[str]:
    """Names of this process's boxes, running or not."""
    label = f"{ownership.OWNER}={ownership.owner_labels()[ownership.OWNER]}"
    return [box.name or "" for box in client.containers.list(all=True, filters={"label": label}, ignore_removed=True)]


@pytest.mark.parametrize("transport", ["socket", "stdio"])
def test_both_transports_judge_alike(engine: None, transport: str) -> None:
    with Pool(boxes=1, transport=transport) as pool:  # type: ignore[arg-type]
        assert pool.judge(PROBLEM, RIGHT, "private").accepted
        assert pool.judge(PROBLEM, "def f(x): return x", "private").message == "got 3, expected [3, 6]"
        rich = function("for n in range(3):\n    assert f(n) == [n, 2 * n]")
        assert pool.judge(rich, RIGHT, "private").accepted


def test_a_killed_box_is_replaced_and_no_run_is_lost(engine: None) -> None:
    client = connect_engine()
    with Pool(boxes=1) as pool:
        first = pool.judge(PROBLEM, RIGHT, "private")
        slow = "import time\ntime.sleep(1.5)\n" + RIGHT
        futures = [pool.submit(PROBLEM, f"{slow}  # {n}", "private") for n in range(3)]
        time.sleep(0.7)
        client.containers.get(first.box).kill()
        killed = time.monotonic()
        outcomes = [future.result(60) for future in futures]
        assert [outcome.verdict for outcome in outcomes] == [Verdict.ACCEPTED] * 3
        assert [outcome.attempt for outcome in outcomes] == [2, 1, 1]
        assert outcomes[0].box != first.box
        assert time.monotonic() - killed < 20


def test_a_paused_box_has_a_deadline(engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.containers.box.SLACK_S", 1)
    client = connect_engine()
    with Pool(boxes=1) as pool:
        first = pool.judge(PROBLEM, RIGHT, "private")
        client.containers.get(first.box).pause()
        quick = Limits(cpu_limit_s=1, wall_limit_s=1)
        outcome = pool.judge(function("assert f(3) == [3, 6]", limits=quick), RIGHT, "private")
        assert outcome.accepted and outcome.box != first.box and outcome.attempt == 2


def test_boxes_that_always_die_are_infrastructure(engine: None) -> None:
    client = connect_engine()
    ended = threading.Event()

    def killer() -> None:
        while not ended.is_set():
            for name in mine(client):
                try:
                    client.containers.get(name).kill()
                except docker.errors.DockerException:
                    continue
            time.sleep(0.05)

    with Pool(boxes=1) as pool:
        thread = threading.Thread(target=killer)
        thread.start()
        outcome = pool.judge(PROBLEM, "import time\ntime.sleep(3)", "private")
        ended.set()
        thread.join()
    assert (outcome.verdict, outcome.label, outcome.attempt) == (Verdict.INFRASTRUCTURE_ERROR, None, 3)


def test_closing_leaves_nothing(engine: None) -> None:
    client = connect_engine()
    before = set(mine(client))
    pool = Pool(boxes=2)
    assert len(set(mine(client)) - before) >= 2
    futures = [pool.submit(PROBLEM, f"import time\ntime.sleep(60)  # {n}", "private") for n in range(4)]
    time.sleep(0.3)
    pool.close()
    assert all(future.result(30).label is None for future in futures)
    deadline = time.monotonic() + 10
    while set(mine(client)) - before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not set(mine(client)) - before
    with pytest.raises(SandboxUnavailable):
        pool.submit(PROBLEM, RIGHT, "private")


DRIVER = """
import sys
from sandbox.pool.pool import Pool
from tests.sandbox.faults import PROBLEM, RIGHT
pool = Pool(boxes=1, transport=sys.argv[1])
print(pool.judge(PROBLEM, RIGHT, "private").box, flush=True)
if sys.argv[2] == "busy":
    future = pool.submit(PROBLEM, "import time; time.sleep(60)", "private")
sys.stdin.read()
"""


@pytest.mark.parametrize("doing", ["idle", "busy"])
@pytest.mark.parametrize("transport", ["socket", "stdio"])
def test_boxes_die_with_their_driver(engine: None, transport: str, doing: str) -> None:
    """SIGKILL: the fork server sees the end of its connection, in the middle of a run as well."""
    client = connect_engine()
    command = [sys.executable, "-c", DRIVER, transport, doing]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    box = process.stdout.readline().strip()
    time.sleep(0.5)
    label = {"label": ownership.OWNER}
    theirs = {
        box.name
        for box in client.containers.list(all=True, filters=label, ignore_removed=True)
        if f":{process.pid}:" in box.labels[ownership.OWNER]
    }
    assert box in theirs
    process.kill()
    process.wait()
    deadline = time.monotonic() + 15
    while theirs & {box.name for box in client.containers.list(all=True, filters=label, ignore_removed=True)}:
        assert time.monotonic() < deadline, "boxes outlived their driver"
        time.sleep(0.1)


def test_boxes_live_in_a_control_group_of_their_own(engine: None) -> None:
    client = connect_engine()
    with Pool(boxes=1) as pool:
        box = client.containers.get(pool.judge(PROBLEM, RIGHT, "private").box)
        groups = Path(f"/proc/{box.attrs['State']['Pid']}/cgroup").read_text()
        assert f"/{cgroup.GROUP}/" in groups or f"/{cgroup.SLICE}/" in groups


def test_the_replacement_was_there_before_the_loss(engine: None) -> None:
    client = connect_engine()
    with Pool(boxes=1) as pool:
        first = pool.judge(PROBLEM, RIGHT, "private").box
        deadline = time.monotonic() + 20
        while not any(pool._factory._spares.values()):  # one that has said hello, not only one that the engine lists
            assert time.monotonic() < deadline, "no spare was started"
            time.sleep(0.1)
        ready = mine(client)
        client.containers.get(first).kill()
        assert pool.judge(PROBLEM, f"{RIGHT}  # again", "private").box in set(ready) - {first}


def test_a_box_out_of_memory_is_no_infrastructure(engine: None) -> None:
    """Memory that no limit per process counts, in many processes: the kernel ends programs, not the fork server."""
    hog = (
        "import mmap, os, time\nfor _ in range(30):\n  if os.fork() == 0: break\n"
        "memory = mmap.mmap(-1, 100 << 20)\nfor at in range(0, 100 << 20, 4096): memory[at] = 1\ntime.sleep(3)\n"
        "def f(x): return [x, 2 * x]"
    )
    with Pool(boxes=1, memory_mib=128) as pool:
        limits = Limits(cpu_limit_s=5, wall_limit_s=10, memory_mib=128)
        outcome = pool.judge(function("assert f(3) == [3, 6]", limits=limits), hog, "private")
        assert outcome.verdict in (Verdict.MEMORY_LIMIT, Verdict.TIME_LIMIT), outcome
        assert pool.judge(PROBLEM, RIGHT, "private").accepted


def test_a_full_temporary_folder_is_no_fault(engine: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=2", "none", str(tmp_path)], check=True)
    try:
        (tmp_path / "filler").write_bytes(bytes(60_000))
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        with Pool(boxes=1) as pool:
            assert pool.transport == "stdio"
            assert pool.judge(PROBLEM, RIGHT, "private").accepted
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_an_engine_that_does_not_see_our_folders_is_no_fault(engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with an engine on another machine, or a pool in a container: the mount's source is not there."""

    real = confinement.container_options

    def options(*arguments: Any) -> dict[str, Any]:
        made = real(*arguments)
        for mount in made["mounts"]:
            mount["Source"] = "/nonexistent/ctl"
        return made

    monkeypatch.setattr(confinement, "container_options", options)
    with Pool(boxes=1) as pool:
        assert pool.transport == "stdio"
        assert pool.judge(PROBLEM, RIGHT, "private").accepted
    assert not Path("/nonexistent").exists()


def test_sending_reads_what_arrives_meanwhile() -> None:
    """A box that writes before it reads: a program that floods claims while it is sent a large argument."""
    ours, theirs = socket.socketpair()
    size = 4 << 20

    def box() -> None:
        theirs.sendall(b"x" * size)
        left = size
        while left:
            left -= len(theirs.recv(left))

    thread = threading.Thread(target=box, daemon=True)
    thread.start()
    link = SocketConnection(ours)
    arrived = link.send(b"y" * size)
    thread.join(5)
    assert not thread.is_alive()
    while len(arrived) < size:
        arrived += link.receive(time.monotonic() + 5)
    link.close()
    theirs.close()


def test_the_box_has_no_network_no_capability_and_no_place_to_write(pool: Pool) -> None:
    program = textwrap.dedent(
        """
        import os
        def f():
            status = open('/proc/self/status').read()
            fields = dict(line.split(':\\t', 1) for line in status.splitlines() if ':\\t' in line)
            writable = []
            for folder in '/ /usr /etc /opt /ctl /dev /dev/shm /dev/mqueue /run /var/tmp /sys'.split():
                try:
                    open(folder + '/x', 'w').close()
                    writable.append(folder)
                except OSError:
                    pass
            return [int(fields['CapEff'], 16), int(fields['CapBnd'], 16), fields['NoNewPrivs'].strip(),
                    fields['Seccomp'].strip(), os.getuid(), writable, sorted(os.listdir('/sys/class/net'))]
        """
    )
    problem = function("assert f() == [0, 0, '1', '2', 65534, [], ['lo']]")
    assert pool.judge(problem, program, "private").message == ""


def test_one_judgement_per_distinct_question(engine: None) -> None:
    with Pool(boxes=1) as pool:
        first, again = (pool.judge(PROBLEM, RIGHT, "private") for _ in range(2))
        assert first == again  # the same measured times: it was not run twice
        assert pool.judge(PROBLEM, RIGHT + " ", "private") != first
    with Pool(boxes=1, cached=False) as pool:
        assert pool.judge(PROBLEM, RIGHT, "private") != pool.judge(PROBLEM, RIGHT, "private")
