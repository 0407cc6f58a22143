"""Images of boxes of other versions are found on the engine, and go unless they are used."""

import json
import uuid

import pytest

from sandbox.containers.docker_client import connect_engine
from sandbox.image.build import MADE_FOR_LABEL, _build
from sandbox.image.old_images import find_old_images, remove_images

pytestmark = pytest.mark.docker


def test_an_old_image_is_found_and_removed_unless_it_is_used() -> None:
    client, tag = connect_engine(), f"mucode-sandbox:test-{uuid.uuid4().hex[:12]}"
    made_for = json.dumps({"language": "python", "packages": []})
    _build(client, tag, [("Dockerfile", b"FROM scratch\nCOPY Dockerfile /\n")], labels={MADE_FOR_LABEL: made_for})
    try:
        (mine,) = [image for image in find_old_images(client) if image.name == tag]
        assert mine.made_for == made_for and mine.size_bytes > 0
        container = client.containers.create(tag, ["nothing"], network_mode="none")
        assert remove_images(client, [mine]) == [tag]
        container.remove(force=True)
        assert remove_images(client, [mine]) == []
        assert tag not in [image.name for image in find_old_images(client)]
    finally:
        for image in client.images.list(name=tag):
            client.images.remove(image.id, force=True)
