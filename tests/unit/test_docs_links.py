"""Pages name files that exist, and docs/index.md lists every page."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "sandbox" / "README.md"]
HISTORY = ROOT / "CHANGELOG.md"
ROOTS = ("pipeline/", "actors/", "sandbox/", "tests/", "docs/", "configs/", "scripts/", "benchmarks/", "deploy/")


def named(page: Path) -> set[Path]:
    """Targets of relative links, and paths in backticks that begin with a folder of the repository."""
    text = page.read_text()
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    paths = [word for word in re.findall(r"`([\w./-]+)`", text) if word.startswith(ROOTS)]
    return {page.parent / link for link in links if "://" not in link} | {ROOT / path for path in paths}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_exists(page: Path) -> None:
    missing = {str(path) for path in named(page) if not path.exists()}
    assert page == HISTORY or missing == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_headings_that_a_page_links_to_exist(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]*)#([^)]+)\)", page.read_text())
    here = [(page.parent / file if file else page, heading) for file, heading in links if "://" not in file]
    assert [heading for file, heading in here if heading not in headings(file)] == []


def headings(page: Path) -> set[str]:
    """Anchors as GitHub makes them of headings."""
    found = re.findall(r"^#+ (.*)", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_the_index_lists_every_page() -> None:
    linked = {path.resolve() for path in named(ROOT / "docs" / "index.md")}
    assert set((ROOT / "docs").rglob("*.md")) <= {*linked, ROOT / "docs" / "index.md"}
