"""Who a container belongs to, and the reaper of those whose owner is dead."""

import hashlib
import os
import re
import shutil
import tempfile
from pathlib import Path

import docker
import docker.errors
import requests

from sandbox.processes import UNKNOWN, boot_id, pid_namespace, start_time

OWNER, NAMESPACE = "mucode.sandbox.owner", "mucode.sandbox.pidns"
FOLDER = re.compile(r"mucode-box-([0-9a-f]{8})-([0-9]+)-([0-9]+)-.*")


def owner_labels() -> dict[str, str]:
    """Of a container of this process: boot id, process id and its start; and in which space that id means something."""
    pid = os.getpid()
    return {OWNER: f"{boot_id()}:{pid}:{start_time(pid) or UNKNOWN}", NAMESPACE: pid_namespace()}


def is_dead(labels: dict[str, str]) -> bool:
    """True only if the owner was a process of this boot and this process namespace, and it has ended."""
    boot, _, rest = labels.get(OWNER, "").partition(":")
    pid, _, started = rest.partition(":")
    if boot == UNKNOWN or boot != boot_id() or labels.get(NAMESPACE) != pid_namespace() or not pid.isdigit():
        return False
    return started != UNKNOWN and start_time(int(pid)) != started


def _place() -> str:
    """Where a process id means the same: this boot and this process namespace, in 8 hex digits."""
    return hashlib.sha256(f"{boot_id()} {pid_namespace()}".encode()).hexdigest()[:8]


def folder_prefix() -> str:
    """Of the name of a box's folder: whose it is stands in the name, so there is no moment without it."""
    pid = os.getpid()
    return f"mucode-box-{_place()}-{pid}-{start_time(pid) or UNKNOWN}-"


def reap_folders() -> list[str]:
    """Removes the box folders of dead owners, never another's. Their names."""
    removed = []
    for path in Path(tempfile.gettempdir()).glob("mucode-box-*"):
        parts = FOLDER.fullmatch(path.name)
        if parts and parts[1] == _place() and boot_id() != UNKNOWN and start_time(int(parts[2])) != parts[3]:
            shutil.rmtree(path, ignore_errors=True)
            removed.append(path.name)
    return removed


def reap_containers(client: docker.DockerClient) -> list[str]:
    """Removes the boxes of dead owners, never another's. Their names."""
    removed = []
    for container in client.containers.list(all=True, filters={"label": OWNER}, ignore_removed=True):
        if is_dead(container.labels):
            try:
                container.remove(force=True)
                removed.append(str(container.name))
            except (docker.errors.DockerException, requests.exceptions.RequestException):
                continue  # somebody else's reaper was faster
    return removed
