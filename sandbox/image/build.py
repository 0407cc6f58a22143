"""Builds the box's image once: from the Dockerfile if a registry answers, else from this machine's own Python.

A base (interpreter and numpy), a layer of libraries if any are asked for or of a language's own programs if it has
some, and the guest code on top, each tagged by a hash of its content, so that a change of the guest code costs a second
and an unchanged image costs one look-up.
"""

import hashlib
import io
import json
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

import docker
import docker.errors
import requests

from sandbox.containers.docker_client import connect_engine
from sandbox.errors import SandboxUnavailable
from sandbox.image import layer, libraries, rootfs
from sandbox.languages.language import Language
from sandbox.languages.python import LANGUAGE as PYTHON

REPOSITORY = "mucode-sandbox"
REGISTRY_BASE = f"python:{rootfs.VERSION}-slim"
PACKAGES_LABEL = "mucode.sandbox.packages"
"""`apt` on a base that came from a registry."""
MADE_FOR_LABEL = "mucode.sandbox.made_for"
"""Of an image of boxes: its language and libraries, as JSON, by which any version knows whether it uses it."""
REGISTRY_DEADLINE_S, BUILD_DEADLINE_S = 5, 600
SANDBOX = Path(__file__).parent.parent
IN_THE_BOX = ("guest", "protocol")
"""Rooms of this package that run inside a box as well, under the same names."""
DOCKERFILE = Path(__file__).with_name("Dockerfile")
RECIPE, LIBRARIES_RECIPE = ("errors.py", "image/__init__.py", "image/rootfs.py"), ("packages.py", "image/libraries.py")
"""Files of this package that the Dockerfiles run, to make the same of the registry's Python as of this machine's."""
LAYER = """FROM {base}
COPY sandbox /opt/box/sandbox
USER 65534:65534
WORKDIR /tmp
"""


def ensure_image(
    client: docker.DockerClient | None = None, language: Language = PYTHON, packages: Sequence[str] = ()
) -> str:
    """The tag of a language's image with the present guest code, built if it is missing.

    `packages`: requirements as `sandbox.packages.parse_packages` gives them; a language with programs of its own has
    none of them. Raises SandboxUnavailable if no Docker engine answers or the build fails.
    """
    client = client or connect_engine()
    base, below, tag = image_tags(language, packages)
    if _present(client, tag):
        return tag
    if not _present(client, base):
        _build_base(client, base)
    if below != base and not _present(client, below):
        if language.files:
            _build_layer(client, language, base, below)
        else:
            _build_libraries(client, packages, base, below)
    dockerfile = LAYER.format(base=below).encode()
    labels = {MADE_FOR_LABEL: json.dumps({"language": language.name, "packages": list(packages)})}
    _build(client, tag, [("Dockerfile", dockerfile), *_sources(language)], labels=labels)
    return tag


class ImageTags(NamedTuple):
    """Of a language's image and of what it is built on: the base, and the layer between, or the base again."""

    base: str
    below: str
    top: str


def image_tags(language: Language = PYTHON, packages: Sequence[str] = ()) -> ImageTags:
    """What `ensure_image` makes, by the present sources."""
    base = f"{REPOSITORY}-base:{_digest(DOCKERFILE.read_bytes(), rootfs.rootfs_identity().encode())}"
    below = base
    if language.files:
        below = f"{REPOSITORY}-{language.name}-base:{_digest(base.encode(), layer.layer_identity(language).encode())}"
    elif packages:
        identity = libraries.libraries_identity(packages).encode()
        below = f"{REPOSITORY}-libraries-base:{_digest(base.encode(), identity)}"
    name, top = below.split(":")[0].removesuffix("-base"), LAYER.format(base=below).encode()
    parts = (part for file, data in _sources(language) for part in (file.encode(), data))
    return ImageTags(base, below, f"{name}:{_digest(top, *parts)}")


def _sources(language: Language) -> list[tuple[str, bytes]]:
    own = [(f"sandbox/languages/{path.name}", path.read_bytes()) for path in language.guest_files]
    return [("sandbox/__init__.py", b""), *_guest_sources(), *own]


def _guest_sources() -> list[tuple[str, bytes]]:
    found = [path for room in IN_THE_BOX for path in sorted((SANDBOX / room).rglob("*")) if path.is_file()]
    sources = [path for path in found if "__pycache__" not in path.parts]
    return [(f"sandbox/{path.relative_to(SANDBOX).as_posix()}", path.read_bytes()) for path in sources]


def _build_layer(client: docker.DockerClient, language: Language, base: str, tag: str) -> None:
    """Out of packages if the base has apt, else out of this machine's own programs."""
    if _from_registry(client, base):
        names = {"packages": " ".join(language.packages), "files": " ".join(language.files), "registry": REGISTRY_BASE}
        _build(client, tag, [("Dockerfile", layer.FROM_PACKAGES.format(base=base, **names).encode())])
        return
    _build_from_here(client, tag, layer.FROM_HERE.format(base=base), partial(layer.gather_layer, language))


def _build_libraries(client: docker.DockerClient, packages: Sequence[str], base: str, tag: str) -> None:
    """By the pip of the registry's Python if the base came from there, else by this machine's."""
    if _from_registry(client, base):
        dockerfile = libraries.libraries_dockerfile(packages, base, REGISTRY_BASE)
        _build(client, tag, [("Dockerfile", dockerfile.encode()), *_recipe(*RECIPE, *LIBRARIES_RECIPE)])
    else:
        dockerfile = libraries.libraries_dockerfile(packages, base)
        _build_from_here(client, tag, dockerfile, partial(libraries.gather_libraries, packages))


def _from_registry(client: docker.DockerClient, base: str) -> bool:
    return client.images.get(base).labels.get(PACKAGES_LABEL) == "apt"


def _build_from_here(client: docker.DockerClient, tag: str, dockerfile: str, gather: Callable[[Path], None]) -> None:
    """A layer of files that `gather` puts below the folder it is given."""
    with tempfile.TemporaryDirectory(prefix="mucode-layer-") as folder:
        context = Path(folder) / "context"
        gather(context / "root")
        files = rootfs.archive_rootfs(context, Path(folder) / "layer.tar")
        _build(client, tag, [("Dockerfile", dockerfile.encode())], files)


def installed_packages(client: docker.DockerClient, image: str) -> str:
    """NAME==VERSION of all that was installed into an image with libraries, one a line."""
    container = client.containers.create(image, ["python3"], network_mode="none")
    try:
        stream, _ = container.get_archive(f"/{libraries.LISTING}")
        with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as tar:
            listing = tar.extractfile(tar.getmembers()[0])
            return "" if listing is None else listing.read().decode()
    finally:
        container.remove(force=True)


def _build_base(client: docker.DockerClient, tag: str) -> None:
    if _registry_answers():
        try:
            build_from_registry(client, tag)
            return
        except SandboxUnavailable as error:
            print(f"{error}; building from this machine's Python instead", file=sys.stderr)
    build_offline(client, tag)


def build_from_registry(client: docker.DockerClient, tag: str) -> None:
    """The base, of the registry's Python of this version and this numpy. Raises SandboxUnavailable."""
    numpy = rootfs.numpy_requirement()
    arguments = {"PYTHON": rootfs.VERSION} | ({"NUMPY": numpy} if numpy else {})
    _build(client, tag, [("Dockerfile", DOCKERFILE.read_bytes()), *_recipe(*RECIPE)], arguments=arguments)


def _recipe(*names: str) -> list[tuple[str, bytes]]:
    return [("sandbox/__init__.py", b""), *((f"sandbox/{name}", (SANDBOX / name).read_bytes()) for name in names)]


def build_offline(client: docker.DockerClient, tag: str) -> None:
    """The base, of this machine's Python. Raises SandboxUnavailable."""
    with (
        tempfile.TemporaryDirectory(prefix="mucode-rootfs-") as folder,
        rootfs.build_rootfs(Path(folder)).open("rb") as file,
    ):
        client.api.import_image_from_data(file, repository=tag.split(":")[0], tag=tag.split(":")[1])  # type: ignore[arg-type]


def _registry_answers() -> bool:
    """Whether the engine can ask a registry for the base image, within a few seconds."""
    try:
        with_deadline = connect_engine(timeout_s=REGISTRY_DEADLINE_S)
        with_deadline.images.get_registry_data(REGISTRY_BASE)
    except (docker.errors.DockerException, requests.exceptions.RequestException):
        return False
    return True


def _build(
    client: docker.DockerClient,
    tag: str,
    files: list[tuple[str, bytes]],
    context: Path | None = None,
    arguments: dict[str, str] | None = None,
    labels: dict[str, str] | None = None,
) -> None:
    """The engine's classic builder, which needs no plugin. `files` are added to a tar file if one is given."""
    with context.open("r+b") if context else io.BytesIO() as archive:
        with tarfile.open(fileobj=archive, mode="a" if context else "w") as tar:
            for name, data in files:
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(data), 0o644
                tar.addfile(entry, io.BytesIO(data))
        archive.seek(0)
        _build_context(client, tag, archive, arguments or {}, labels or {})


def _build_context(
    client: docker.DockerClient, tag: str, context: IO[bytes], arguments: dict[str, str], labels: dict[str, str]
) -> None:
    try:
        client.images.build(
            fileobj=context,
            custom_context=True,
            tag=tag,
            rm=True,
            forcerm=True,
            timeout=BUILD_DEADLINE_S,
            buildargs=arguments,
            labels=labels,
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
