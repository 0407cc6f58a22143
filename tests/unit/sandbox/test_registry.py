"""Tables that take rows of other packages."""

import sys
from pathlib import Path

import pytest

from sandbox.plugins import plugin_origin
from sandbox.registry import Registry, RegistryError


@pytest.fixture
def table() -> Registry[str]:
    return Registry("prompt format", str, {"bare": "BARE", "paper": "PAPER"})


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package on the path whose import leaves a trace."""
    folder = tmp_path / "registry_guest"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "rows.py").write_text("import sys\nsys.registry_guest_imported = True\nMINE = 'mine'\nNUMBER = 3\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("registry_guest")]:
        del sys.modules[name]
    return folder


def test_shipped_rows_are_a_mapping(table: Registry[str]) -> None:
    assert (table["paper"], list(table), "paper" in table, "other" in table) == (
        "PAPER",
        ["bare", "paper"],
        True,
        False,
    )
    assert table.group == "mucode.prompt_formats"
    assert Registry("strategy", str, {}, plural="strategies").group == "mucode.strategies"


def test_an_unknown_name_is_refused_with_the_nearest_one(table: Registry[str]) -> None:
    with pytest.raises(RegistryError, match=r"no prompt format is named 'papr'; did you mean 'paper'\? Shipped: bare,"):
        table.check("papr")
    with pytest.raises(RegistryError, match=r"package.module:NAME"):
        table["x"]


def test_checking_a_name_imports_nothing(table: Registry[str], package: Path) -> None:
    assert table.check("registry_guest.rows:MINE") == "registry_guest.rows:MINE"
    assert not any(name.startswith("registry_guest") for name in sys.modules)
    assert table["registry_guest.rows:MINE"] == "mine"


def test_a_plug_in_of_another_type_is_refused(table: Registry[str], package: Path) -> None:
    with pytest.raises(RegistryError, match=r"is int, expected str"):
        table["registry_guest.rows:NUMBER"]
    with pytest.raises(RegistryError, match=r"cannot be imported .*has no attribute 'ABSENT'"):
        table["registry_guest.rows:ABSENT"]
    with pytest.raises(RegistryError, match=r"cannot be imported .*No module named 'absent_package'"):
        table["absent_package.rows:X"]


def test_an_entry_point_is_found_by_its_name_alone(table: Registry[str], package: Path) -> None:
    info = package.parent / "registry_guest-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: registry-guest\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text("[mucode.prompt_formats]\nmine = registry_guest.rows:MINE\n")
    (info / "RECORD").write_text("registry_guest/__init__.py,,\n")
    assert table.import_path("mine") == "registry_guest.rows:MINE"
    assert table["mine"] == "mine"
    found = plugin_origin(table, "mine")
    assert found is not None
    assert (found.distribution, found.version, found.path) == ("registry-guest", "1.2", "registry_guest.rows:MINE")


def test_a_changed_file_of_the_package_is_another_origin(table: Registry[str], package: Path) -> None:
    name = "registry_guest.rows:MINE"
    assert plugin_origin(table, "bare") is None
    before = plugin_origin(table, name)
    (package / "helper.txt").write_text("data")
    after = plugin_origin(table, name)
    assert before is not None and after is not None
    assert before.digest != after.digest
