"""The Docker engine, the limits of its boxes, and the disk that it keeps images on."""

from pathlib import Path

from pipeline.doctor.checks import Surroundings
from pipeline.doctor.disks import disk_finding
from pipeline.doctor.findings import Finding, good, skipped


def find_engine(_: Surroundings) -> Finding:
    from sandbox.containers.docker_client import connect_engine

    client = connect_engine()
    try:
        found = client.version()
    finally:
        client.close()
    text = f"engine {found['Version']}, API {found['ApiVersion']}"
    return good("docker", text, version=found["Version"], api=found["ApiVersion"])


def try_limits(_: Surroundings) -> Finding:
    """Every limit of the boxes, tried for real. Raises LimitNotEnforced, with a line for each that does not bite."""
    from sandbox.selftest import selftest

    proof = selftest.run_selftest()
    return good("sandbox", str(proof), limits=proof.limits, seconds=round(proof.seconds, 1), transport=proof.transport)


def find_engine_disk(_: Surroundings) -> Finding:
    from sandbox.containers.docker_client import connect_engine

    client = connect_engine()
    try:
        folder = Path(client.info()["DockerRootDir"])
    finally:
        client.close()
    if not folder.is_dir():
        return skipped("docker disk", f"{folder} is not on this machine, or this user may not see it")
    advice = "`docker system df` shows what takes it; images may be removed with `docker image prune`"
    return disk_finding("docker disk", folder, advice)
