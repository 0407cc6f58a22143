"""Cores and memory that a process may use: by affinity for real, by groups as kernels and engines write them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from actors.machine import control_groups
from actors.machine.capacity import computing_cores, free_memory, usable_cores, usable_memory
from actors.machine.control_groups import cpu_quotas, memory_limits
from sandbox.image.build import ensure_image

MIB = 1 << 20
ROOM = Path(control_groups.__file__).parent
IN_A_CONTAINER = """
import sys, types
for name, path in (("actors", "/none"), ("actors.machine", "/room")):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [path]
from actors.machine.capacity import free_memory, usable_cores, usable_memory
print(usable_cores(), usable_memory() >> 20, 200 < free_memory() >> 20 < 300)
"""
NO_LIMIT = "9223372036854771712"  # what version 1 writes for none

V2_CONTAINER = {  # `docker run --cpus 1.5 --memory 512m` with a cgroup namespace
    "proc/self/cgroup": "0::/\n",
    "sys/fs/cgroup/cpu.max": "150000 100000\n",
    "sys/fs/cgroup/memory.max": f"{512 * MIB}\n",
    "sys/fs/cgroup/memory.current": f"{300 * MIB}\n",
    "sys/fs/cgroup/memory.stat": f"anon 1\nfile 2\ninactive_file {200 * MIB}\n",
}
V1_CONTAINER = {  # the same with version 1: /proc names the host's group, of which the mount is the root
    "proc/self/cgroup": "4:cpu,cpuacct:/docker/abc\n3:memory:/docker/abc\n1:name=systemd:/docker/abc\n",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "150000\n",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{512 * MIB}\n",
    "sys/fs/cgroup/memory/memory.usage_in_bytes": f"{300 * MIB}\n",
    "sys/fs/cgroup/memory/memory.stat": f"cache 5\ninactive_file 7\ntotal_inactive_file {200 * MIB}\n",
}
V2_SLICE = {  # a service that is free below a user's slice that is not
    "proc/self/cgroup": "0::/user.slice/app.service\n",
    "sys/fs/cgroup/user.slice/app.service/cpu.max": "max 100000\n",
    "sys/fs/cgroup/user.slice/app.service/memory.max": "max\n",
    "sys/fs/cgroup/user.slice/cpu.max": "250000 100000\n",
    "sys/fs/cgroup/user.slice/memory.max": f"{900 * MIB}\n",
    "sys/fs/cgroup/user.slice/memory.current": f"{100 * MIB}\n",
}
V1_FREE = {
    "proc/self/cgroup": "2:cpu:/\n3:memory:/\n0::/\n",
    "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
    "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{NO_LIMIT}\n",
    "sys/fs/cgroup/memory/memory.usage_in_bytes": "1\n",
}


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "quotas", "limits"),
    [
        (V2_CONTAINER, [1.5], [(512 * MIB, 100 * MIB)]),
        (V1_CONTAINER, [1.5], [(512 * MIB, 100 * MIB)]),
        (V2_SLICE, [2.5], [(900 * MIB, 100 * MIB)]),
        (V1_FREE, [], [(int(NO_LIMIT), 1)]),
        ({}, [], []),  # no /proc: not Linux
    ],
    ids=["v2 container", "v1 container", "v2 slice", "v1 without limits", "no groups"],
)
def test_limits_of_groups(
    tmp_path: Path, files: dict[str, str], quotas: list[float], limits: list[tuple[int, int]]
) -> None:
    root = tree(tmp_path, files)
    assert (cpu_quotas(root), memory_limits(root)) == (quotas, limits)


def test_the_least_of_affinity_quota_and_machine_counts(tmp_path: Path) -> None:
    bound, pages = len(os.sched_getaffinity(0)), os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert (usable_cores(tmp_path), usable_memory(tmp_path)) == (bound, pages)
    root = tree(tmp_path, V2_CONTAINER | {"proc/meminfo": "MemTotal: 9 kB\nMemAvailable:   1048576 kB\n"})
    assert (usable_cores(root), usable_memory(root), free_memory(root)) == (1, 512 * MIB, 412 * MIB)
    tree(root, {"sys/fs/cgroup/cpu.max": "20000 100000", "proc/meminfo": "MemAvailable: 2048 kB"})
    assert (usable_cores(root), free_memory(root)) == (1, 2 * MIB)  # a fifth of a core is still one thread
    tree(root, {"sys/fs/cgroup/cpu.max": "99900000 100000"})
    assert usable_cores(root) == bound


def test_hyper_threads_of_one_core_compute_as_one(tmp_path: Path) -> None:
    numbers = sorted(os.sched_getaffinity(0))
    place = "sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    assert computing_cores(tmp_path) == len(numbers)  # nothing says which belong together
    tree(tmp_path, {place.format(number): f"{number}\n" for number in numbers})
    assert computing_cores(tmp_path) == len(numbers)
    tree(tmp_path, {place.format(number): "0-255\n" for number in numbers})
    assert (computing_cores(tmp_path), usable_cores(tmp_path)) == (1, len(numbers))


@pytest.mark.skipif(shutil.which("taskset") is None, reason="taskset is not installed")
def test_affinity_of_this_very_process_counts() -> None:
    core = str(min(os.sched_getaffinity(0)))
    program = "from actors.machine.capacity import usable_cores; print(usable_cores())"
    command = ["taskset", "-c", core, sys.executable, "-c", program]
    assert subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout == "1\n"


@pytest.mark.docker
def test_limits_of_a_real_container_count() -> None:
    command = ["docker", "run", "--rm", "--network", "none", "--cpus", "1.5", "--memory", "300m"]
    command += ["-v", f"{ROOM}:/room:ro", ensure_image(), "python3", "-c", IN_A_CONTAINER]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout == "1 300 True\n", done.stderr
