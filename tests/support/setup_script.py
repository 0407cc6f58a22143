"""scripts/setup.py as a module: it belongs to no package, since it runs before anything is installed."""

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


def load_setup_script() -> ModuleType:
    """A fresh module on every call, so that what a test patches stays with it."""
    spec = importlib.util.spec_from_file_location("mucode_setup", ROOT / "scripts" / "setup.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
