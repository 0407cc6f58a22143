"""Libraries in the boxes, on a library of this test's own: no index is asked."""

import zipfile
from collections.abc import Iterator

import docker
import pytest

from sandbox.containers.docker_client import connect_engine
from sandbox.errors import SandboxUnavailable
from sandbox.image.build import ensure_image, installed_packages
from sandbox.pool.pool import Pool
from sandbox.problem import FunctionTest, Problem
from sandbox.verdict import Verdict

pytestmark = pytest.mark.docker
PACKAGES = ("mucode-example==1.5",)
PROBLEM = Problem(problem_id="p", prompt="", private_tests=(FunctionTest("assert f() == 42"),), entry_point="f")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of the Python image with the example: a wheel is a zip file."""
    folder, name = tmp_path_factory.mktemp("wheels"), "mucode_example-1.5"
    with zipfile.ZipFile(folder / f"{name}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("mucode_example/__init__.py", "ANSWER = 42\n")
        wheel.writestr(f"{name}.dist-info/METADATA", "Metadata-Version: 2.1\nName: mucode-example\nVersion: 1.5\n")
        wheel.writestr(f"{name}.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{name}.dist-info/RECORD", "")
    client = connect_engine()
    with pytest.MonkeyPatch.context() as patch:
        if _has_own_pip(client):
            pytest.skip("the base came from a registry: its pip does not see this machine's folders")
        patch.setenv("PIP_NO_INDEX", "1")
        patch.setenv("PIP_FIND_LINKS", str(folder))
        yield (tag := ensure_image(client, packages=PACKAGES))
        client.images.remove(tag)


def _has_own_pip(client: docker.DockerClient) -> bool:
    return "mucode.sandbox.packages" in client.images.get(ensure_image(client)).labels


def test_a_program_finds_the_library_loaded_and_nothing_of_how_it_came(image: str) -> None:
    program = """
import os, sys
assert "mucode_example" in sys.modules, "the fork server has not imported it"
assert "MUCODE_PRELOAD" not in os.environ and os.environ["MPLBACKEND"] == "Agg" and os.listdir("/tmp") == []
import mucode_example

def f():
    return mucode_example.ANSWER
"""
    with Pool(boxes=1, packages=PACKAGES) as pool:
        outcome = pool.judge(PROBLEM, program, "private")
        assert outcome.accepted, outcome.message
    with Pool(boxes=1) as pool:
        outcome = pool.judge(PROBLEM, "import mucode_example\ndef f():\n    return 42", "private")
        assert not outcome.accepted and "No module named 'mucode_example'" in outcome.message


def test_the_image_says_what_was_installed_and_keeps_the_bases_numpy(image: str) -> None:
    client = connect_engine()
    assert installed_packages(client, image) == "mucode-example==1.5\n"
    assert image != ensure_image(client) == ensure_image(client, packages=())
    with Pool(boxes=1, packages=PACKAGES) as pool:
        outcome = pool.judge(PROBLEM, "import numpy\ndef f():\n    return int(numpy.arange(43)[-1])", "private")
        assert outcome.accepted, outcome.message


def test_memory_is_bounded_beside_libraries(image: str) -> None:
    program = "def f():\n    return len(bytearray({} << 20)) * 0 + 42"
    with Pool(boxes=1, packages=PACKAGES) as pool:
        assert pool.judge(PROBLEM, program.format(900), "private").accepted
        assert pool.judge(PROBLEM, program.format(1100), "private").verdict is Verdict.MEMORY_LIMIT
        assert pool.judge(PROBLEM, "import sys\ndef f():\n    return len(sys.modules) * 0 + 42", "private").accepted


def test_a_package_that_cannot_be_had_is_told_in_pips_words(image: str) -> None:
    with pytest.raises(SandboxUnavailable) as error:
        ensure_image(packages=("mucode-example==9.9",))
    assert "mucode-example==9.9 cannot be installed" in str(error.value)
    assert "No matching distribution found" in str(error.value) and "PIP_FIND_LINKS" in str(error.value)
