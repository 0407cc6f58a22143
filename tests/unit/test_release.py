"""Version, changelog and tag say the same."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def released(changelog: str) -> list[str]:
    """Versions of the headings, newest first. Raises ValueError for a heading of another form."""
    found = []
    for heading in re.findall(r"^## (.*)", changelog, re.MULTILINE):
        if heading == "Unreleased":
            continue
        match = re.fullmatch(r"(\d+\.\d+\.\d+) - \d{4}-\d{2}-\d{2}", heading)
        if match is None:
            raise ValueError(f"a heading of CHANGELOG.md is {heading!r}, expected Unreleased or X.Y.Z - YYYY-MM-DD")
        found.append(match[1])
    return found


def test_the_newest_heading_is_the_version() -> None:
    assert released((ROOT / "CHANGELOG.md").read_text())[:1] in ([VERSION], [])


def test_a_tag_is_the_version_and_has_its_heading() -> None:
    tags = subprocess.run(
        ["git", "tag", "--points-at", "HEAD"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split()
    versions = [tag.removeprefix("v") for tag in tags if re.fullmatch(r"v\d+\.\d+\.\d+", tag)]
    assert versions in ([], [VERSION])
    assert not versions or VERSION in released((ROOT / "CHANGELOG.md").read_text())


def test_headings_are_read() -> None:
    assert released("# C\n\n## Unreleased\n\n## 0.2.0 - 2027-01-02\n\n## 0.1.0 - 2026-12-01\n") == ["0.2.0", "0.1.0"]
    with pytest.raises(ValueError, match="expected Unreleased or"):
        released("## 0.2\n")
