"""scripts/docker.sh against a pretended dockerd: what it starts, how it falls back, what it leaves alone."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "docker.sh"
TOOLS = "bash sh env cat cut cp date grep id mkdir nohup rm sed seq setsid sleep tail timeout touch awk flock apt-get"

DOCKER = """#!/bin/bash
if [ -f "$FAKE/up" ]; then echo 99.0; else echo "${DOCKER_ERROR:-Cannot connect to the Docker daemon}" >&2; exit 1; fi
"""
DOCKERD = """#!/bin/bash
echo "$*" >>"$FAKE/calls"
[[ "$*" == *--pidfile* && -n "$NEEDS_BRIDGE_NONE" && "$*" != *--bridge=none* ]] &&
  { echo "failed to start daemon: Error initializing network controller: iptables failed" >&2; exit 1; }
[[ -n "$NEEDS_VFS" && "$*" != *--storage-driver=vfs* ]] &&
  { echo "failed to start daemon: error initializing graphdriver: driver not supported: overlay2" >&2; exit 1; }
[ -n "$NEVER" ] && { echo "failed to start daemon: no such luck" >&2; exit 1; }
trap 'rm -f "$FAKE/up"; exit 0' TERM
touch "$FAKE/up"
while :; do sleep 0.05; done
"""
APT = """#!/bin/bash
echo "apt-get $*" >>"$FAKE/calls"
[[ "$*" == *docker.io* ]] && cp "$FAKE/dockerd" "$FAKE/bin/dockerd"
exit 0
"""


class Host:
    """A machine whose only programs are the listed tools and the pretended engine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.bin = folder / "bin"
        self.bin.mkdir()
        for tool in TOOLS.split():
            if found := shutil.which(tool):
                (self.bin / tool).symlink_to(found)
        self.program("docker", DOCKER)
        self.program("dockerd", DOCKERD)
        self.program("id", '#!/bin/sh\n[ "$1" = -u ] && echo ${FAKE_UID:-0} || echo someone\n')
        (folder / "dockerd").write_text(DOCKERD)
        (folder / "dockerd").chmod(0o755)

    def program(self, name: str, text: str) -> None:
        (self.bin / name).unlink(missing_ok=True)
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def call(self, command: str = "start", **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": str(self.bin),
            "FAKE": str(self.folder),
            "DOCKER_HOST": f"unix://{self.folder}/engine.sock",
            "MUCODE_DOCKERD_ARGS": "--label=test",
            "MUCODE_DOCKER_STATE": str(self.state),
            "MUCODE_DOCKER_DEADLINE_S": "10",
        }
        return subprocess.run(
            ["bash", str(SCRIPT), command], env=environment | variables, capture_output=True, text=True, timeout=60
        )

    def calls(self) -> list[str]:
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def engine(self) -> int:
        return int((self.state / "started").read_text().split()[0])


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    os_release = Path("/etc/os-release")
    if not os_release.exists() or "debian" not in os_release.read_text().lower():
        pytest.skip("the script starts engines on Debian and Ubuntu only")
    made = Host(tmp_path)
    yield made
    made.call("stop")


def test_engine_that_answers_is_used(host: Host) -> None:
    (host.folder / "up").touch()
    done = host.call()
    assert (done.returncode, done.stdout, host.calls()) == (0, "docker: engine 99.0 answers\n", [])


def test_starts_one_engine_and_stops_it(host: Host) -> None:
    first = host.call()
    assert first.returncode == 0, first.stderr
    engine = host.engine()
    assert host.call().stdout == "docker: engine 99.0 answers\n"
    assert host.calls() == [f"-H unix://{host.folder}/engine.sock --pidfile {host.state}/dockerd.pid --label=test"]
    assert f"(process {engine})" in host.call("stop").stdout
    assert not alive(engine)
    assert host.call("status").returncode == 1


def test_falls_back_without_firewall_then_to_vfs(host: Host) -> None:
    done = host.call(NEEDS_BRIDGE_NONE="1", NEEDS_VFS="1")
    assert done.returncode == 0, done.stderr
    network = "--iptables=false --ip6tables=false --bridge=none"
    added = [call.partition("--label=test")[2].strip() for call in host.calls()]
    assert added == ["", network, f"{network} --storage-driver=vfs"]


def test_unknown_failure_shows_the_log_and_one_command(host: Host) -> None:
    done = host.call(NEVER="1")
    assert (done.returncode, len(host.calls())) == (1, 1)
    assert "no such luck" in done.stderr
    assert done.stderr.endswith("Run: dockerd --debug\n")


def test_stop_leaves_an_engine_alone_that_it_did_not_start(host: Host) -> None:
    other = subprocess.Popen(["sleep", "60"])
    try:
        host.state.mkdir()
        (host.state / "started").write_text(f"{other.pid} 1\n")  # the same process id, another start: stale
        assert "nothing to stop" in host.call("stop").stdout
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_zombie_is_no_engine(host: Host) -> None:
    ended = subprocess.Popen(["true"])  # nobody waits for it yet, as in containers whose first process reaps nothing
    try:
        deadline = time.monotonic() + 10
        while alive(ended.pid) and time.monotonic() < deadline:
            time.sleep(0.01)
        start_time = Path(f"/proc/{ended.pid}/stat").read_text().rpartition(")")[2].split()[19]
        host.state.mkdir()
        (host.state / "started").write_text(f"{ended.pid} {start_time}\n")
        assert "nothing to stop" in host.call("stop").stdout
    finally:
        ended.wait()


def test_killed_engine_is_started_again(host: Host) -> None:
    host.call()
    first = host.engine()
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while alive(first) and time.monotonic() < deadline:
        time.sleep(0.05)
    (host.folder / "up").unlink()
    assert host.call().returncode == 0
    assert host.engine() != first


def test_installs_where_it_may(host: Host) -> None:
    (host.bin / "dockerd").unlink()
    host.program("apt-get", APT)
    done = host.call()
    assert done.returncode == 0, done.stderr
    assert host.calls()[0] == "apt-get install -y docker.io"
    assert "installing docker.io with apt-get" in done.stdout


@pytest.mark.parametrize(
    "variables, message",
    [
        ({"NO_DOCKER_INSTALL": "1"}, "Run: sudo systemctl start docker"),
        ({"FAKE_UID": "1000"}, "Run: sudo systemctl start docker"),
        ({"DOCKER_ERROR": "permission denied while trying to connect"}, "Run: sudo usermod -aG docker someone"),
        ({"MUCODE_DOCKERD_ARGS": ""}, "Run: docker info   (and mend or unset DOCKER_HOST)"),
    ],
    ids=["forbidden", "not root", "not in the group", "another host"],
)
def test_refuses_with_the_command_to_run(host: Host, variables: dict[str, str], message: str) -> None:
    done = host.call(**variables)
    assert (done.returncode, host.calls()) == (1, [])
    assert message in done.stderr


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
