"""Which images of boxes this version uses, and which are old."""

import json

from sandbox.image.build import image_tags
from sandbox.image.old_images import BoxImage, old_images
from sandbox.languages import get_language


def box_image(name: str, made_for: str = "") -> BoxImage:
    return BoxImage(name=name, size_bytes=1, made_for=made_for)


def test_what_this_version_uses_is_not_old() -> None:
    base, _, top = image_tags()
    _, layer, javascript = image_tags(get_language("javascript"))
    _, libraries, pandas = image_tags(packages=["pandas==2.3.3"])
    made_for = json.dumps({"language": "python", "packages": ["pandas==2.3.3"]})
    used = [*map(box_image, (base, top, layer, javascript, libraries)), box_image(pandas, made_for)]
    old = [
        box_image("mucode-sandbox-libraries:11111111", made_for),
        box_image("mucode-sandbox:00000000"),
        box_image("mucode-sandbox-libraries-base:00000000"),
        box_image("mucode-sandbox-base:00000000"),
    ]
    silent = [box_image("mucode-sandbox-libraries:22222222")]
    assert old_images([*old[::-1], *used, *silent]) == old
    assert old_images([box_image(libraries)]) == [box_image(libraries)], "no image of libraries is there that needs it"
