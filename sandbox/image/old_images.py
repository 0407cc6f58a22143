"""Images of boxes that this version does not use: those of other versions, which stay when a version changes.

An image says by a label for which language and libraries it was made; this version's tags for them are known, and any
other one is old. Images of libraries that were made before there was the label say nothing, and stay.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import docker
import docker.errors

from sandbox.image.build import MADE_FOR_LABEL, REPOSITORY, image_tags
from sandbox.json_text import read_json
from sandbox.languages import LANGUAGES, ROWS

LIBRARIES = f"{REPOSITORY}-libraries:"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxImage:
    """An image by its tag. `size_bytes` includes layers that other images share; `made_for` is its label, or empty."""

    name: str
    size_bytes: int
    made_for: str = ""


def find_old_images(client: docker.DockerClient) -> list[BoxImage]:
    """Of all that lie on the engine, those above others first, as they are removed first."""
    images = []
    for image in client.images.list():
        size, made_for = int(image.attrs.get("Size", 0)), str(image.labels.get(MADE_FOR_LABEL, ""))
        own = [tag for tag in image.tags if tag.startswith((f"{REPOSITORY}:", f"{REPOSITORY}-"))]
        images += [BoxImage(name=tag, size_bytes=size, made_for=made_for) for tag in own]
    return old_images(images)


def old_images(images: Sequence[BoxImage]) -> list[BoxImage]:
    """Those of `images` that no language of this version is run in, with whatever libraries."""
    used = {tag for language in ROWS for tag in image_tags(language)}
    for made_for in {image.made_for for image in images}:
        used |= _tags_of(made_for)
    old = [image for image in images if image.name not in used and not _is_silent(image)]
    return sorted(old, key=lambda image: (_height(image.name), image.name))


def remove_images(client: docker.DockerClient, images: Iterable[BoxImage]) -> list[str]:
    """Remove them; the names of those that stay, since a container or another image uses them."""
    stay = []
    for image in images:
        try:
            client.images.remove(image.name)
        except docker.errors.ImageNotFound:
            continue
        except docker.errors.APIError:
            stay.append(image.name)
    return stay


def _tags_of(made_for: str) -> set[str]:
    """What this version would make for the same language and libraries."""
    with suppress(ValueError, KeyError, TypeError):  # no label, or one of another version
        body: Mapping[str, object] = read_json(made_for)
        language, packages = str(body["language"]), body["packages"]
        if isinstance(packages, list) and language in LANGUAGES:
            return set(image_tags(LANGUAGES[language], [str(one) for one in packages]))
    return set()


def _is_silent(image: BoxImage) -> bool:
    return image.name.startswith(LIBRARIES) and not image.made_for


def _height(name: str) -> int:
    """Of what stands on others 0, of layers 1, of the base of all 2."""
    repository = name.split(":")[0]
    return 2 if repository == f"{REPOSITORY}-base" else int(repository.endswith("-base"))
