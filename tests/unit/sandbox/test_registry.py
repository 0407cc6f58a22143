"""Tables that take rows of other packages."""

import importlib
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sandbox.plugins import plugin_origin
from sandbox.problems.data_set import DataSetLoader
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


def test_a_name_that_the_module_lacks_is_refused_with_those_it_has(table: Registry[str], package: Path) -> None:
    with pytest.raises(RegistryError, match=r"has no attribute 'MIEN'. Its prompt formats: .*\bMINE\b"):
        table["registry_guest.rows:MIEN"]


def test_a_module_that_the_plug_in_lacks_is_named(table: Registry[str], package: Path) -> None:
    (package / "needy.py").write_text("import absent_library\n")
    with pytest.raises(RegistryError, match=r"Install 'absent_library', which it imports, on every node"):
        table["registry_guest.needy:X"]
    with pytest.raises(RegistryError, match=r"Install its package on every node"):
        table["registry_guest.absent:X"]


def test_a_row_with_a_field_of_another_type_is_refused(package: Path) -> None:
    loaders = Registry("data set", DataSetLoader, {})
    (package / "sets.py").write_text(
        "from sandbox.problems.data_set import DataSetLoader\n"
        "def one(split): ...\n"
        "ROWS = [DataSetLoader(name='x', label='x', load=load, public='', private='') for load in (None, one)]\n"
        "NONE, ONE = ROWS\n"
    )
    with pytest.raises(RegistryError, match=r"'registry_guest.sets:NONE': load is None, expected a function. Mend it"):
        loaders["registry_guest.sets:NONE"]
    with pytest.raises(RegistryError, match=r"load cannot be called with 3 arguments"):
        loaders["registry_guest.sets:ONE"]


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


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise SystemExit(7)", r"SystemExit: 7 \(.*failing.py, line 1\)"),
        ("def (:", r"SyntaxError: .*failing.py, line 1"),
        ("raise RuntimeError('one\\ntwo')", r"RuntimeError: one two \(.*failing.py, line 1\)"),
        ("from sandbox import absent", r"ImportError: cannot import name 'absent' .*failing.py, line 1"),
        ("import sys; sys.absent", r"AttributeError: .*failing.py, line 1"),
        ("def __getattr__(name): raise KeyError(name)", r"KeyError: 'MINE' \(.*failing.py, line 1\)"),
    ],
)
def test_a_plug_in_that_fails_as_it_is_imported_is_named(
    table: Registry[str], package: Path, source: str, said: str
) -> None:
    """Whatever it raises: a SystemExit would end mucode without a word."""
    (package / "failing.py").write_text(source)
    with pytest.raises(RegistryError, match=f"prompt format 'registry_guest.failing:MINE' cannot be imported .*{said}"):
        table["registry_guest.failing:MINE"]


def declare(folder: Path, distribution: str, entry: str) -> None:
    info = folder / f"{distribution}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[mucode.prompt_formats]\n{entry}\n")


def test_a_name_that_two_distributions_declare_is_refused(table: Registry[str], package: Path) -> None:
    """Which of them came first would depend on the machine."""
    declare(package.parent, "one", "twice = registry_guest.rows:MINE\nsame = registry_guest.rows:MINE")
    declare(package.parent, "two", "twice = registry_guest.rows:OTHER\nsame = registry_guest.rows:MINE [extra]")
    assert table["same"] == "mine"
    with pytest.raises(RegistryError, match=r"'twice' is declared 2 times .*: registry_guest.rows:MINE, .*:OTHER"):
        table.check("twice")


def test_names_are_identifiers_of_python(table: Registry[str]) -> None:
    assert table.check("größe.räume:MASS") == "größe.räume:MASS"
    for name in ("1a:B", "a:1", "a:B:c", "a b:C", ".a:B"):
        with pytest.raises(RegistryError, match="no prompt format is named"):
            table.check(name)


def test_a_change_within_an_archive_is_another_origin(
    table: Registry[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files within it are not files of the disk; none of them counted."""
    archive, digests = tmp_path / "guests.zip", set()
    monkeypatch.syspath_prepend(str(archive))
    for value in ("one", "two"):
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("zipped_guest/__init__.py", f"MINE = {value!r}\n")
            file.writestr("zipped_module.py", f"MINE = {value!r}\n")
        importlib.invalidate_caches()
        for name in ("zipped_guest:MINE", "zipped_module:MINE"):
            found = plugin_origin(table, name)
            assert found is not None
            digests.add(found.digest)
    assert len(digests) == 2


def test_a_file_that_cannot_be_read_is_named(
    table: Registry[str], package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (package / "secret.txt").write_text("data")
    opened = Path.open

    def open_file(file: Path, *arguments: str, **options: Any) -> object:
        if file.name == "secret.txt":
            raise PermissionError(13, "Permission denied", str(file))
        return opened(file, *arguments, **options)

    monkeypatch.setattr(Path, "open", open_file)
    with pytest.raises(RegistryError, match=r"secret.txt cannot be read \(Permission denied\)"):
        plugin_origin(table, "registry_guest.rows:MINE")


def test_links_in_circles_are_no_files(table: Registry[str], package: Path) -> None:
    before = plugin_origin(table, "registry_guest.rows:MINE")
    (package / "self").symlink_to(package)
    (package / "a").symlink_to(package / "b")
    (package / "b").symlink_to(package / "a")
    assert plugin_origin(table, "registry_guest.rows:MINE") == before
