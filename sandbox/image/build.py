"""Builds the box's image once: from the Dockerfile where a registry answers, else from this machine's own Python.

Two layers: a base (interpreter and numpy) and the harness on top, each tagged by a hash of its content, so
that a change of the harness costs a second and an unchanged image costs one look-up.
"""

import hashlib
import io
import sys
import tarfile
import tempfile
from pathlib import Path

import docker
import docker.errors
import requests

from sandbox.engine import connect
from sandbox.errors import SandboxUnavailable
from sandbox.image import rootfs

REPOSITORY = "mucode-sandbox"
REGISTRY_BASE = "python:3.11-slim"
REGISTRY_DEADLINE_S, BUILD_DEADLINE_S = 5, 600
HARNESS = Path(__file__).parent.parent / "harness"
DOCKERFILE = Path(__file__).with_name("Dockerfile")
LAYER = """FROM {base}
COPY harness /opt/box/harness
USER 65534:65534
WORKDIR /tmp
"""


def ensure_image(client: docker.DockerClient | None = None) -> str:
    """The tag of an image with the present harness, built if it is missing.

    Raises SandboxUnavailable where no Docker engine answers or the build fails.
    """
    client = client or connect()
    base = f"{REPOSITORY}-base:{_digest(DOCKERFILE.read_bytes(), rootfs.identity().encode())}"
    sources = [(f"harness/{path.name}", path.read_bytes()) for path in sorted(HARNESS.glob("*.py"))]
    layer = LAYER.format(base=base).encode()
    tag = f"{REPOSITORY}:{_digest(layer, *(part for name, data in sources for part in (name.encode(), data)))}"
    if _present(client, tag):
        return tag
    if not _present(client, base):
        _build_base(client, base)
    _build(client, tag, [("Dockerfile", layer), *sources])
    return tag


def _build_base(client: docker.DockerClient, tag: str) -> None:
    if _registry_answers():
        try:
            _build(client, tag, [("Dockerfile", DOCKERFILE.read_bytes())])
            return
        except SandboxUnavailable as error:
            print(f"{error}; building from this machine's Python instead", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="mucode-rootfs-") as folder:
        archive = rootfs.build(Path(folder))
        with archive.open("rb") as file:
            client.api.import_image_from_data(file, repository=tag.split(":")[0], tag=tag.split(":")[1])  # type: ignore[arg-type]


def _registry_answers() -> bool:
    """Whether the engine can ask a registry for the base image, within a few seconds."""
    try:
        with_deadline = connect(timeout_s=REGISTRY_DEADLINE_S)
        with_deadline.images.get_registry_data(REGISTRY_BASE)
    except (docker.errors.DockerException, requests.exceptions.RequestException):
        return False
    return True


def _build(client: docker.DockerClient, tag: str, files: list[tuple[str, bytes]]) -> None:
    """The engine's classic builder, which needs no plugin, on a context made in memory."""
    context = io.BytesIO()
    with tarfile.open(fileobj=context, mode="w") as tar:
        for name, data in files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            tar.addfile(entry, io.BytesIO(data))
    context.seek(0)
    try:
        client.images.build(
            fileobj=context, custom_context=True, tag=tag, rm=True, forcerm=True, timeout=BUILD_DEADLINE_S
        )
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise SandboxUnavailable(f"building the image {tag} failed: {error}") from error


def _present(client: docker.DockerClient, tag: str) -> bool:
    try:
        client.images.get(tag)
    except docker.errors.ImageNotFound:
        return False
    return True


def _digest(*parts: bytes) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:16]
