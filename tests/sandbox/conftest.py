"""Real Docker for these tests. Without an engine they are skipped on a laptop and fail in CI."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox import languages
from sandbox.containers.docker_client import connect_engine
from sandbox.errors import SandboxUnavailable
from sandbox.image.build import ensure_image
from sandbox.pool.pool import Pool
from sandbox.problems.sources import DATA_DIR

RUNTIME = os.environ.get("MUCODE_RUNTIME", "runc")
TRANSPORT: Any = os.environ.get("MUCODE_TRANSPORT")
"""What the tests that take a pool run on: `runc` or `runsc`; `socket`, `stdio`, or what the pool chooses."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "sandbox":
            item.add_marker(pytest.mark.docker)


@pytest.fixture(scope="session")
def engine() -> None:
    try:
        connect_engine()
    except SandboxUnavailable as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def pool(engine: None) -> Iterator[Pool]:
    """Two warm boxes for everything that does not break them."""
    with Pool(boxes=2, runtime=RUNTIME, transport=TRANSPORT) as pool:
        yield pool


@pytest.fixture(scope="session")
def node(engine: None) -> None:
    """The image with Node.js. Where it cannot be built: skipped on a laptop, a failure in CI."""
    try:
        ensure_image(language=languages.get_language("javascript"))
    except SandboxUnavailable as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def javascript_boxes(node: None) -> Iterator[Pool]:
    """One pool for two languages."""
    with Pool(boxes=1, languages=("python", "javascript")) as pool:
        yield pool


@pytest.fixture(scope="session")
def data() -> None:
    if not os.environ.get(DATA_DIR):
        pytest.skip(f"{DATA_DIR} is not set: it names a folder with mbpp/mbpp.jsonl and humaneval/HumanEval.jsonl.gz")
