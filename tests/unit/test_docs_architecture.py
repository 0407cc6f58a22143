"""docs/architecture.md: its tables list every room, and every import goes to the same row or to one below."""

import re

import pytest

from tests.unit.test_architecture import FLOORS, ROOT, imports_below

TEXT = (ROOT / "docs" / "architecture.md").read_text()


def rows(package: str) -> dict[str, int]:
    """Row number of each room in the table of a package, from the top."""
    table = TEXT.partition(f"| `{package}/` from top to bottom |")[2].partition("\n\n")[0]
    cells = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    return {
        name.removesuffix(".py"): number
        for number, cell in enumerate(cells)
        for name in re.findall(r"`([\w.]+)`", cell)
    }


@pytest.mark.parametrize("package", FLOORS)
def test_every_room_is_listed(package: str) -> None:
    folders = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    files = {path.stem for path in (ROOT / package).glob("*.py")}
    assert {*folders, *files} - {"__init__", "__main__"} == set(rows(package))


@pytest.mark.parametrize("package", FLOORS)
def test_imports_go_down_the_table(package: str) -> None:
    number = rows(package)
    upwards = []
    for place, module in imports_below(package):
        importing = place.partition(":")[0].removesuffix(".py").split("/")[1]
        top, _, rest = module.partition(".")
        imported = rest.partition(".")[0]
        if top == package and importing in number and imported in number and number[importing] > number[imported]:
            upwards.append((place, module))
    assert upwards == []
