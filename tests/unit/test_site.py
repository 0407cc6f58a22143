"""The documentation site: every page has a place, and links lead there."""

import re
import subprocess
from pathlib import Path

import pytest

from scripts.site import LINK, TYPES, linked, pages, type_page
from tests.unit.test_docs_links import headings

ROOT = Path(__file__).parents[2]
PLACES = pages()
NAVIGATION = (ROOT / "deploy/site/mkdocs.yml").read_text().partition("\nnav:\n")[2]


def test_every_page_is_in_the_navigation_once() -> None:
    named = re.findall(r"[\w/-]+\.md", NAVIGATION)
    assert sorted(named) == sorted([*map(str, PLACES.values()), "commands.md", "types.md"])


@pytest.mark.parametrize("page", PLACES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_pages_and_their_headings(page: Path) -> None:
    sources = {place: source for source, place in PLACES.items()}
    for link in LINK.finditer(linked(page.read_text(), page, PLACES)):
        target, anchor = link[2], (link[3] or "").removeprefix("#")
        if not target.endswith(".md") or "://" in target:
            continue
        place = Path(*(PLACES[page].parent / target).parts)
        found = sources[Path(str((ROOT / place).resolve().relative_to(ROOT)))]
        assert not anchor or anchor in headings(found), link[0]


def test_links_to_files_become_their_paths() -> None:
    page, file = ROOT / "docs/study.md", "../configs/laptop.toml"
    text = f"[the config]({file}), [`configs/laptop.toml`]({file}), [R](../README.md#next-steps)"
    said = "the config (`configs/laptop.toml`), `configs/laptop.toml`, [R](index.md#next-steps)"
    assert linked(text, page, PLACES) == said


@pytest.mark.parametrize("name", [name for names in TYPES.values() for name in names])
def test_the_types_are_there(name: str) -> None:
    module, _, kind = name.rpartition(".")
    path = ROOT / module.replace(".", "/")
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    assert re.search(rf"^(class {kind}\b|from .*\b{kind}\b)", source.read_text(), re.MULTILINE)
    assert f"::: {name}\n" in type_page()


@pytest.mark.slow
def test_mkdocs_makes_it_without_a_warning() -> None:
    """Its packages are fetched, by requirements/site.txt."""
    done = subprocess.run(["make", "site"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and "WARNING" not in done.stderr, done.stdout + done.stderr
    assert (ROOT / "build/site/index.html").is_file()
