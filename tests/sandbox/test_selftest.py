"""The self-test passes here, and fails by name wherever one option of the box is missing."""

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.containers import confinement
from sandbox.errors import LimitNotEnforced, SandboxUnavailable
from sandbox.selftest import selftest
from sandbox.selftest.limits import LIMIT_CHECKS
from tests.sandbox.private_engine import private_engine

Options = dict[str, Any]
complete = confinement.container_options


def without(*names: str, **instead: Any) -> Callable[..., Options]:
    """The box's options, less some of them."""

    def options(*arguments: Any) -> Options:
        kept = {name: value for name, value in complete(*arguments).items() if name not in names}
        return {**kept, **instead}

    return options


def tmp(text: str) -> Callable[..., Options]:
    return lambda *arguments: {**complete(*arguments), "tmpfs": {**complete(*arguments)["tmpfs"], "/tmp": text}}


def security(*kept: str) -> Callable[..., Options]:
    return without(security_opt=[*kept])


def without_mqueue(*arguments: Any) -> Options:
    return {**complete(*arguments), "tmpfs": {"/tmp": complete(*arguments)["tmpfs"]["/tmp"]}}


PROFILE = next(text for text in complete(64, "runc", None, None)["security_opt"] if text.startswith("seccomp="))
REMOVED: dict[str, tuple[Callable[..., Options], str]] = {
    "network_mode": (without(network_mode="host"), "network"),
    "read_only": (without("read_only"), "read-only root"),
    "cap_drop": (without("cap_drop"), "capabilities"),
    "no-new-privileges": (security("seccomp=unconfined"), "no new privileges"),
    "seccomp profile": (security("no-new-privileges"), "system calls of the box"),
    "seccomp altogether": (security("no-new-privileges", "seccomp=unconfined"), "system calls of the box"),
    "pids_limit": (without("pids_limit"), "processes"),
    "memory": (without("mem_limit", "memswap_limit"), "memory of the box"),
    "size of tmpfs": (tmp("rw,noexec,nosuid,nodev,nr_inodes=4k,mode=1777"), "size of /tmp"),
    "inodes of tmpfs": (tmp("rw,noexec,nosuid,nodev,size=64m,mode=1777"), "files in /tmp"),
    "ipc_mode": (without("ipc_mode"), "shared memory"),
    "environment": (without(environment={**confinement.ENVIRONMENT, "TOKEN": "secret"}), "environment"),
    "user": (without(user="1234:1234"), "user"),
}


def test_every_limit_bites_here(engine: None) -> None:
    proof = selftest.run_selftest()
    assert proof.limits == len(LIMIT_CHECKS) and proof.transport in ("socket", "stdio")


GVISOR_LACKS = {
    "files in /tmp", "processes", "memory of a process", "swap", "the fork server's memory", "system calls of the box"
}  # fmt: skip


@pytest.mark.slow
def test_every_limit_that_gvisor_has_bites(engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's gVisor on kernels that let it: ptrace as platform, no network of its own."""
    runsc = shutil.which("runsc")
    if runsc is None:
        pytest.skip("runsc is not installed")
    runtimes = {"runsc": {"path": runsc, "runtimeArgs": ["--platform=ptrace", "--network=none"]}}
    with private_engine(runtimes=runtimes) as own:
        monkeypatch.setenv("DOCKER_HOST", own.host)
        proof = selftest.run_selftest("runsc")
    assert proof.limits == len(LIMIT_CHECKS) - len(GVISOR_LACKS)
    assert {check.limit for check in LIMIT_CHECKS if "runsc" not in check.runtimes} == GVISOR_LACKS


@pytest.mark.parametrize("option", REMOVED)
def test_a_missing_option_is_named(engine: None, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    options, limit = REMOVED[option]
    monkeypatch.setattr(confinement, "container_options", options)
    few = ("leaving a process", "CPU time", "wall time", "output")  # which cost the most, and need no option
    monkeypatch.setattr(selftest, "LIMIT_CHECKS", tuple(check for check in LIMIT_CHECKS if check.limit not in few))
    with pytest.raises(LimitNotEnforced) as raised:
        selftest.run_selftest()
    found = {failure.limit: failure for failure in raised.value.found}
    assert limit in found, raised.value
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)  # as it travels from an actor
    assert found[limit].advice in str(raised.value) and found[limit].seen in str(raised.value)


def test_with_the_profile_no_box_starts_that_may_gain_privileges(engine: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confinement, "container_options", security(PROFILE))
    with pytest.raises(SandboxUnavailable, match=r"did not start a box.*operation not permitted"):
        selftest.run_selftest()


def test_a_proof_is_kept_until_something_changes(engine: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(selftest.tempfile, "tempdir", str(tmp_path))
    runs: list[str] = []
    real = selftest.run_selftest
    monkeypatch.setattr(selftest, "run_selftest", lambda runtime: runs.append(runtime) or real(runtime, "stdio"))
    monkeypatch.setattr(selftest, "LIMIT_CHECKS", LIMIT_CHECKS[:2])
    first = selftest.ensure_limits()
    assert selftest.ensure_limits() == first and runs == ["runc"]
    (file,) = tmp_path.glob("mucode-selftest-*")

    text = file.read_text()  # too old, of another key, not ours alone, no proof at all
    for spoilt in (
        json.dumps({**json.loads(text), "at": first.at - 2 * 86400}),
        text.replace(first.key, "0" * 64),
        "{",
    ):
        file.write_text(spoilt)
        selftest.ensure_limits()
    file.write_text(text)
    file.chmod(0o666)
    selftest.ensure_limits()
    file.unlink()
    file.symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").write_text(text)
    selftest.ensure_limits()
    assert len(runs) == 6

    for change in (without(pids_limit=63), without(environment={})):
        monkeypatch.setattr(confinement, "container_options", change)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(selftest, "run_selftest", lambda runtime: runs.append("again") or first)
            selftest.ensure_limits()
    assert runs[6:] == ["again", "again"]


def test_a_node_that_fails_is_tried_again(engine: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(selftest.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(selftest, "LIMIT_CHECKS", [check for check in LIMIT_CHECKS if check.limit == "network"])
    monkeypatch.setattr(confinement, "container_options", without(network_mode="host"))
    for _ in range(2):
        with pytest.raises(LimitNotEnforced, match="1 limit of the sandbox not enforced here:\n  network: "):
            selftest.ensure_limits()
    assert not list(tmp_path.glob("mucode-selftest-*"))
