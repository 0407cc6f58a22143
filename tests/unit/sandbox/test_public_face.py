"""`from sandbox import …`: every promised name is there, and importing the package imports nothing else."""

import json
import subprocess
import sys

import pytest

import sandbox


@pytest.mark.parametrize("name", sandbox.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert name in dir(sandbox)
    assert getattr(sandbox, name).__doc__


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'Boxes'"):
        sandbox.Boxes  # noqa: B018


def test_importing_the_package_imports_nothing_else() -> None:
    code = "import json, sys; import sandbox; print(json.dumps(sorted(m for m in sys.modules if 'sandbox' in m)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(done.stdout) == ["sandbox"]
