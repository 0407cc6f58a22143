"""A Docker engine of a test's own, which it may stop, kill and starve. Needs root and `dockerd`."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker
import pytest

from sandbox.containers.docker_client import connect_engine
from sandbox.image.build import ensure_image

START_DEADLINE_S, STOP_DEADLINE_S = 60, 40


class PrivateEngine:
    """Starts and ends dockerd; its data root may be a small tmpfs of `data_mib`."""

    def __init__(self, root: Path, data_mib: int | None, runtimes: dict[str, Any]) -> None:
        self.root, self.data = root, root / "data"
        self.host = f"unix://{root}/docker.sock"
        self.data.mkdir()
        self._mounted = data_mib is not None
        if self._mounted:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={data_mib}m", "none", str(self.data)], check=True)
        (root / "daemon.json").write_text(json.dumps({"runtimes": runtimes}))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Until it answers."""
        folder = self.root
        for stale in (folder / "docker.pid", folder / "run/containerd/containerd.pid"):
            stale.unlink(missing_ok=True)
        command = ["dockerd", "-H", self.host, "--data-root", str(self.data), "--exec-root", str(folder / "run")]
        command += ["--pidfile", str(folder / "docker.pid"), "--config-file", str(folder / "daemon.json")]
        command += ["--bridge", "none", "--iptables=false", "--ip6tables=false"]
        with (folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + START_DEADLINE_S
        while True:
            try:
                self.client().close()
                return
            except docker.errors.DockerException:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"dockerd did not start: {(folder / 'log').read_text()[-2000:]}")
                time.sleep(0.1)

    def client(self) -> docker.DockerClient:
        return docker.DockerClient(self.host, timeout=30)

    def load(self, image: str) -> None:
        """Copy an image from the shared engine."""
        archive = connect_engine().images.get(image).save(named=True)
        client = self.client()
        client.images.load(b"".join(archive))
        client.close()

    def stop(self) -> None:
        """As an administrator does; boxes end with it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As the kernel does. Its boxes and its containerd live on."""
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        """With all its containers, mounts and processes."""
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if str(self.root).encode() in path.read_bytes():  # a folder that nobody else has
                    os.kill(int(path.parent.name), signal.SIGKILL)
            except OSError:
                continue
        if self._process is not None:
            self._process.wait(STOP_DEADLINE_S)
        for mount in sorted(self._mounts(), key=len, reverse=True):
            subprocess.run(["umount", "-l", mount], check=False)
        shutil.rmtree(self.root, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(STOP_DEADLINE_S)

    def _mounts(self) -> list[str]:
        lines = Path("/proc/self/mounts").read_text().splitlines()
        return [path for line in lines if (path := line.split()[1]).startswith(f"{self.root}/")]


@contextmanager
def private_engine(data_mib: int | None = None, runtimes: dict[str, Any] | None = None) -> Iterator[PrivateEngine]:
    """A running engine with the boxes' image. Skips if this user cannot start one."""
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        pytest.skip("an engine of its own needs root and dockerd")
    engine = PrivateEngine(Path(tempfile.mkdtemp(prefix="mucode-engine-")), data_mib, runtimes or {})
    try:
        engine.start()
        engine.load(ensure_image(connect_engine()))
        yield engine
    finally:
        engine.remove()
