"""docs/troubleshooting.md: every message that it explains is one that the program prints."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "troubleshooting.md").read_text()
ABOUT_RAY = "Ray's own messages:"


def messages() -> list[str]:
    """First cells of all tables but the one about Ray's own messages."""
    ours = re.sub(rf"{ABOUT_RAY}.*?(?=\n## )", "", TEXT, flags=re.DOTALL)
    return re.findall(r"^\| `([^`]+)` \|", ours, flags=re.MULTILINE)


@cache
def printed() -> str:
    """All texts in the code, one per line: literals as Python joins them, and the shell scripts."""
    return "\n".join([*_literals(), *(path.read_text() for path in (ROOT / "scripts").glob("*.sh"))])


def _literals() -> Iterator[str]:
    for package in ("pipeline", "actors", "sandbox"):
        for path in (ROOT / package).rglob("*.py"):
            tree = ast.parse(path.read_text())
            yield from (n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str))


def test_there_are_messages() -> None:
    assert len(messages()) > 20


@pytest.mark.parametrize("message", messages())
def test_the_message_is_printed(message: str) -> None:
    parts = [part.strip() for part in re.split("…", message)]
    missing = [part for part in parts if len(part) > 3 and part not in printed()]
    assert missing == []
