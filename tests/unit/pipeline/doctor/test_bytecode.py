"""Libraries that each process compiles anew are told, those that Python compiles at the first start are not."""

import importlib.util
import os
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from pipeline.doctor.bytecode import find_bytecode
from pipeline.doctor.checks import Surroundings


@pytest.fixture
def libraries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of packages that are installed, none compiled, but transformers, which is not there."""
    for name in ("vllm", "torch", "ray"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()

    def find(name: str) -> ModuleSpec | None:
        file = tmp_path / name / "__init__.py"
        return importlib.util.spec_from_file_location(name, file) if file.exists() else None

    monkeypatch.setattr(importlib.util, "find_spec", find)
    return tmp_path


def compile_all(libraries: Path) -> None:
    for file in libraries.glob("*/__init__.py"):
        compiled = Path(importlib.util.cache_from_source(str(file)))
        compiled.parent.mkdir()
        compiled.touch()


@pytest.mark.parametrize("forbidden", [True, False])
def test_compiled_libraries_are_in_order(libraries: Path, forbidden: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", forbidden)
    compile_all(libraries)
    assert find_bytecode(Surroundings()).text == "the libraries are compiled"


def test_what_python_compiles_by_itself_is_in_order(libraries: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert find_bytecode(Surroundings()).status == "ok"


def test_who_may_not_write_it_is_told_what_to_run(libraries: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    found = find_bytecode(Surroundings())
    assert found.status == "note" and found.values == {"not_compiled": ["vllm", "torch", "ray"]}
    assert "PYTHONDONTWRITEBYTECODE is set" in found.text and f"compileall -q {libraries}`" in found.text


def test_a_directory_of_another_user_is_told(libraries: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "their directory cannot be written" in find_bytecode(Surroundings()).text
