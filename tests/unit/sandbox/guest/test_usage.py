"""Counters of both cgroup versions, from files as kernels write them; and the proof that nothing was left."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.containers import cgroup
from sandbox.guest.usage import BoxCgroup

V1 = {  # of Linux 6.18
    "cpuacct/cpuacct.usage": "1505006340\n",
    "memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n",
    "memory/memory.stat": "cache 8650752\nrss 20971520\nrss_huge 0\nshmem 1048576\nmapped_file 4096\nswap 0\n"
    "total_cache 8650752\ntotal_rss 20971520\ntotal_shmem 1048576\n",
    "pids/pids.current": "1\n",
}
V2 = {  # of Linux 6.1
    "cgroup.controllers": "cpuset cpu io memory hugetlb pids rdma misc\n",
    "cpu.stat": "usage_usec 1505006\nuser_usec 1203004\nsystem_usec 302002\nnr_periods 0\nnr_throttled 0\n"
    "throttled_usec 0\nnr_bursts 0\nburst_usec 0\n",
    "memory.events": "low 0\nhigh 0\nmax 118\noom 4\noom_kill 3\noom_group_kill 0\n",
    "memory.stat": "anon 20971520\nfile 8650752\nkernel 2207744\nkernel_stack 65536\nshmem 1048576\nfile_mapped 4096\n",
    "pids.current": "1\n",
}


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize("files", [V1, V2], ids=["v1", "v2"])
def test_both_versions_say_the_same(tmp_path: Path, files: dict[str, str]) -> None:
    group = BoxCgroup(tree(tmp_path, files))
    assert group.found == {"cpu": True, "oom": True}
    assert group.cpu_s() == pytest.approx(1.505006)
    assert (group.oom_kills(), group.processes(), group.memory_mib()) == (3, 1, 21.0)  # 20 and 1 MiB


def test_counters_that_are_not_there_are_zero(tmp_path: Path) -> None:
    group = BoxCgroup(tmp_path)
    assert group.found == {"cpu": False, "oom": False}
    assert (group.oom_kills(), group.processes(), group.memory_mib()) == (0, 0, 0.0)
    assert group.cpu_s() > 0  # of everything that lives on this machine


def test_the_weight_is_written_where_the_version_has_it(tmp_path: Path) -> None:
    one, two = tmp_path / "v1", tmp_path / "v2"
    group = {"mucode-sandbox/cpu.shares": "1024\n", "cpu.shares": "1024\n"}
    tree(one, {f"cpu/{name}": text for name, text in group.items()})
    cgroup.set_weight("/mucode-sandbox", one)
    assert (one / "cpu/mucode-sandbox/cpu.shares").read_text() == "20480"
    tree(two, {**V2, "cgroup.subtree_control": "memory pids", "mucode-sandbox/cpu.weight": "100\n"})
    cgroup.set_weight("/mucode-sandbox", two)
    assert (two / "mucode-sandbox/cpu.weight").read_text() == "2000"
    assert (two / "cgroup.subtree_control").read_text() == "+cpu"
    with pytest.raises(FileNotFoundError, match="no cpu hierarchy"):
        cgroup.set_weight("/mucode-sandbox", tmp_path / "none")


def test_a_slice_is_set_by_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "systemctl"
    script.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/called\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    cgroup.set_weight("mucode.slice")
    assert (tmp_path / "called").read_text() == "set-property --runtime mucode.slice CPUWeight=2000\n"


CHANGES = {
    "nothing": "pass",
    "limit": "resource.setrlimit(resource.RLIMIT_NOFILE, (99, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))",
    "priority": "os.nice(1)",
    "affinity": "os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])",
    "oom": "open('/proc/self/oom_score_adj', 'w').write('900')",
    "process": "(root / 'pids/pids.current').write_text('2\\n')",
    "memory": "(root / 'memory/memory.stat').write_text('rss 20971520\\nshmem 34603008\\n')",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_fork_server_is_no_longer_used(tmp_path: Path, change: str) -> None:
    program = (
        "import os, resource, sys\nfrom pathlib import Path\nfrom sandbox.guest.proof import ServerProof\n"
        "from sandbox.guest.usage import BoxCgroup\nroot = Path(sys.argv[1])\nproof = ServerProof(BoxCgroup(root))\n"
        f"assert proof.holds(True)\n{CHANGES[change]}\n"
        "assert proof.holds(False), 'looked though nothing was doubtful'\n"
        "seen = {proof.holds(False) for _ in range(64)}\n"
        "print(proof.holds(True), sorted(seen))"
    )
    command = [sys.executable, "-c", program, str(tree(tmp_path, V1))]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    expected = "True [True]\n" if change == "nothing" else "False [False, True]\n"
    assert run.stdout == expected, run.stderr
