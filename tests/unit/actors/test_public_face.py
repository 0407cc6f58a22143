"""The names that `actors` offers are there, and cost nothing before they are used."""

import subprocess
import sys
from pathlib import Path

import actors
from actors.search.selector import Selector

ROOT = Path(__file__).parents[3]


def test_every_public_name_is_there() -> None:
    assert {name: getattr(actors, name) for name in actors.__all__}
    assert actors.Selector is Selector
    assert set(actors.__all__) == set(actors._MODULES) == set(dir(actors))
    assert not hasattr(actors, "Nothing")


def test_the_package_alone_imports_nothing() -> None:
    code = "import actors, sys; assert not {'pyarrow', 'torch', 'ray', 'actors.search'} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
