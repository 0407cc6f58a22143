"""Proof that every promised limit bites, on this kernel and with this engine, before a program is trusted to it."""

import hashlib
import json
import os
import platform
import stat
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import docker

from sandbox.containers import cgroup, confinement
from sandbox.containers.connection import TransportName
from sandbox.containers.docker_client import connect_engine
from sandbox.errors import LimitFailure, LimitNotEnforced
from sandbox.image.build import ensure_image
from sandbox.json_text import read_json
from sandbox.pool.pool import Pool
from sandbox.problem import FunctionTest, Problem
from sandbox.processes import boot_id
from sandbox.selftest import limits
from sandbox.selftest.limits import LIMIT_CHECKS, LimitCheck
from sandbox.verdict import Outcome

GOOD_FOR_S = 24 * 3600
"""A proof is not believed for longer: an administrator may have changed what no key shows."""
TRANSPORTS = {"socket": "a unix socket", "stdio": "attached streams (the engine shares no folder with this process)"}
FACTS = ("ID", "ServerVersion", "KernelVersion", "CgroupDriver", "CgroupVersion", "SecurityOptions", "MemoryLimit")


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitProof:
    """What was tried, when, and over which transport."""

    key: str
    runtime: str
    transport: TransportName
    limits: int
    weight: str
    seconds: float
    at: float

    def __str__(self) -> str:
        return (
            f"{self.limits} limits hold under {self.runtime}, tried in {self.seconds:.1f} s over"
            f" {TRANSPORTS[self.transport]}; {self.weight}"
        )


def run_selftest(runtime: str = "runc", transport: TransportName | None = None) -> LimitProof:
    """Try every limit, in a few seconds. Raises LimitNotEnforced, and SandboxUnavailable if no box starts."""
    started = time.monotonic()
    client = connect_engine()
    key, weight = _key(client, runtime), cgroup.cgroup_parent(client).text
    tried = [check for check in LIMIT_CHECKS if runtime in check.runtimes]
    with Pool(1, runtime, cached=False, memory_mib=limits.MEMORY_MIB, transport=transport) as pool:
        found = [failure for check in tried if (failure := _failure(check, _try(pool, check)))]
        used = pool.transport
    if found:
        raise LimitNotEnforced(found)
    seconds, at = time.monotonic() - started, time.time()
    return LimitProof(
        key=key, runtime=runtime, transport=used, limits=len(tried), weight=weight, seconds=seconds, at=at
    )


def ensure_limits(runtime: str = "runc") -> LimitProof:
    """`run_selftest`, once for an engine, image, boot and set of options: the proof is kept beside temporary files."""
    key = _key(connect_engine(), runtime)
    path = Path(tempfile.gettempdir()) / f"mucode-selftest-{os.getuid()}-{key[:24]}.json"
    known = _read(path, key)
    if known is None:
        known = run_selftest(runtime)
        _write(path, known)
    return known


def _try(pool: Pool, check: LimitCheck) -> Outcome:
    test = FunctionTest("assert f() == []")
    problem = Problem(problem_id=check.limit, prompt="", private_tests=(test,), entry_point="f", limits=check.limits)
    return pool.judge(problem, check.program, "private")


def _failure(check: LimitCheck, outcome: Outcome) -> LimitFailure | None:
    if outcome.verdict is check.verdict and outcome.message.startswith(check.message):
        return None
    return LimitFailure(check.limit, outcome.message or f"the program was {outcome.verdict}", check.advice)


def _key(client: docker.DockerClient, runtime: str) -> str:
    """Of all that the proof depends on: machine, boot, engine and its settings, image, options and the limit checks."""
    info: dict[str, Any] = client.info()
    options = confinement.container_options(limits.MEMORY_MIB, runtime, None, cgroup.cgroup_parent(client).name)
    changing = ("name", "labels")
    facts = {
        "machine": platform.uname(),
        "boot": boot_id(),
        "engine": {name: info.get(name) for name in FACTS},
        "runtime": (runtime, info.get("Runtimes", {}).get(runtime)),
        "image": client.images.get(ensure_image(client)).id,
        "options": {name: value for name, value in options.items() if name not in changing},
        "checks": [asdict(check) for check in LIMIT_CHECKS],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def _read(path: Path, key: str) -> LimitProof | None:
    """A proof of this user's, of this key and not too old. Anything else is no proof."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), encoding="utf-8") as file:
            status = os.fstat(file.fileno())
            if status.st_uid != os.getuid() or not stat.S_ISREG(status.st_mode) or status.st_mode & 0o022:
                return None
            proof = LimitProof(**read_json(file.read()))
    except (OSError, ValueError, TypeError):
        return None
    return proof if proof.key == key and 0 <= time.time() - proof.at < GOOD_FOR_S else None


def _write(path: Path, proof: LimitProof) -> None:
    """Where it cannot be kept the next executor tries the limits again."""
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f"{path.stem}-", delete=False) as file:
            file.write(json.dumps(asdict(proof)))
        Path(file.name).replace(path)
    except OSError:
        return
