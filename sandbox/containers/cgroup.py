"""The control group that all boxes share, with a weight of its own: a busy driver must not starve them.

An engine puts every container below one group of its own, and that one counts as much as a single process beside
it. The group here is never removed: other pools may use it, and an empty one costs nothing.
"""

import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import docker

ROOT = Path("/sys/fs/cgroup")
GROUP, SLICE = "mucode-sandbox", "mucode.slice"
FACTOR = 20
"""Weight of all boxes together, in those of an ordinary process."""
SHARES, WEIGHT = 1024 * FACTOR, 100 * FACTOR
SYSTEMCTL_DEADLINE_S = 10


@dataclass(frozen=True, slots=True)
class CgroupParent:
    """The group of an engine's boxes (None: that of every container), and whether its weight is ours."""

    name: str | None
    raised: bool
    text: str


@lru_cache(maxsize=16)
def cgroup_parent(client: docker.DockerClient) -> CgroupParent:
    """Asks the engine once. Raises what its client raises."""
    info = client.info()
    if info.get("CgroupDriver") == "none":
        return CgroupParent(None, False, "the engine has no control groups, so boxes have no weight of their own")
    name = SLICE if info.get("CgroupDriver") == "systemd" else f"/{GROUP}"
    if not client.api.base_url.startswith("http+docker://local"):
        return CgroupParent(
            name, False, f"boxes in {name} with the weight that their engine, not this machine's, gives it"
        )
    try:
        set_weight(name)
    except (OSError, subprocess.SubprocessError) as error:
        return CgroupParent(name, False, f"boxes in {name} with the engine's default weight ({error})")
    return CgroupParent(name, True, f"boxes in {name} weigh {FACTOR} times an ordinary process")


def set_weight(name: str, root: Path = ROOT) -> None:
    """Raises OSError or SubprocessError if this process may not, or if no such hierarchy is mounted."""
    if name.endswith(".slice"):
        command = ["systemctl", "set-property", "--runtime", name, f"CPUWeight={WEIGHT}"]
        subprocess.run(command, check=True, capture_output=True, timeout=SYSTEMCTL_DEADLINE_S)
        return
    if (root / "cgroup.controllers").exists():
        control = root / "cgroup.subtree_control"
        if "cpu" not in control.read_text().split():
            control.write_text("+cpu")
        folder, file, value = root / name.lstrip("/"), "cpu.weight", WEIGHT
    else:
        hierarchy = next((root / cpu for cpu in ("cpu", "cpu,cpuacct") if (root / cpu / "cpu.shares").exists()), None)
        if hierarchy is None:
            raise FileNotFoundError(f"no cpu hierarchy below {root}")
        folder, file, value = hierarchy / name.lstrip("/"), "cpu.shares", SHARES
    folder.mkdir(exist_ok=True)
    if int((folder / file).read_text()) != value:
        (folder / file).write_text(str(value))
