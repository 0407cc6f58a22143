"""The rooms of the sandbox: each imports itself and those behind it in the order of the package's docstring."""

import ast
import re
from pathlib import Path

import sandbox

ROOT = Path(sandbox.__file__).parent


def order() -> list[list[str]]:
    """`cli → {problem, verdict} → …` of the docstring, as groups; rooms of one group do not import each other."""
    text = re.search(r"Rooms, from the top: (.*?)\.\s", " ".join(str(sandbox.__doc__).split()))
    assert text is not None
    return [re.findall(r"\w+", group) for group in text[1].split("→")]


def imported_rooms(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "sandbox":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("sandbox."):
            found.add(node.module.split(".")[1])
    return found


def test_every_room_has_a_place_and_says_what_it_is() -> None:
    places = {room for group in order() for room in group}
    rooms = {path.parent for path in ROOT.glob("*/__init__.py")}
    files = {path.stem for path in ROOT.glob("*.py")} - {"__init__", "__main__"}
    assert places == {room.name for room in rooms} | files
    for room in rooms:
        assert len(str(ast.get_docstring(ast.parse((room / "__init__.py").read_text())))) > 150, room.name
        assert len(list(room.glob("*.py"))) <= 16, room.name


def test_rooms_import_those_behind_them_only() -> None:
    level = {room: number for number, group in enumerate(order()) for room in group}
    for path in ROOT.rglob("*.py"):
        room = path.relative_to(ROOT).parts[0].removesuffix(".py")
        if room in level:
            upwards = {other for other in imported_rooms(path) - {room} if level.get(other, 99) <= level[room]}
            assert not upwards, f"{path.relative_to(ROOT)} imports {upwards}"
