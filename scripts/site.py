"""The pages of the documentation site, made of the repository's own Markdown.

    python scripts/site.py OUT          copy and write the pages into OUT
    make site                           the same, then mkdocs makes build/site of them; a broken link is an error

Pages outside docs/ move in, links between pages follow them, and links to files that are no pages become their paths.
Two pages are written here: every command's help, and the types that extensions are made of.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOVED = {
    "README.md": "index.md",
    "docs/index.md": "pages.md",
    "sandbox/README.md": "sandbox.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""Pages outside of docs/, and one whose name is taken, by what they are called on the site."""
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#\s]*)(#[^)\s]*)?\)")
TYPES = {
    "Methods": ("pipeline.methods.strategies.Strategy", "pipeline.methods.states.ExpertView"),
    "Search": ("actors.search.selector.Selector", "actors.search.selector.Candidate"),
    "Scorers": ("actors.scorers.scorer.ScorerKind", "actors.scorers.scorer.Scorer"),
    "Prompts and feedback": ("actors.prompting.prompts.PromptFormat", "actors.prompting.feedback.FeedbackStyle"),
    "Problems": (
        *("sandbox.problem.Problem", "sandbox.problem.FunctionTest", "sandbox.problem.StdioTest"),
        *("sandbox.problems.data_set.DataSetLoader", "sandbox.problems.suites.SuiteOptions"),
    ),
    "Languages and checkers": ("sandbox.languages.language.Language", "sandbox.checkers.Checker"),
    "Trackers": ("pipeline.trackers.tracker.TrackerKind", "pipeline.trackers.tracker.Tracker"),
}
"""What docs/extending.md builds on, by dotted name."""


def pages() -> dict[Path, Path]:
    """Every page of the repository, and its place on the site."""
    own = {page: page.relative_to(ROOT / "docs") for page in sorted((ROOT / "docs").rglob("*.md"))}
    return own | {ROOT / name: Path(place) for name, place in MOVED.items()}


def linked(text: str, page: Path, places: dict[Path, Path]) -> str:
    """`text` of `page` with the links that it has on the site."""

    def follow(link: re.Match[str]) -> str:
        words, target, anchor = link[1], link[2], link[3] or ""
        if not target or "://" in target or target.startswith("mailto:"):
            return link[0]
        found = (page.parent / target).resolve()
        if found in places:
            there = os.path.relpath(places[found], places[page].parent)
            return f"[{words}]({there}{anchor})"
        if found.suffix in (".html", ".json") and found.is_relative_to(ROOT / "docs"):
            return link[0]
        path = found.relative_to(ROOT)
        return f"`{path}`" if words.strip("`") == str(path) else f"{words} (`{path}`)"

    return LINK.sub(follow, text)


def command_pages() -> Iterator[str]:
    """The help of every command, as it is printed."""
    yield "# Commands\n\nWhat `mucode COMMAND --help` prints.\n"
    for name in run("-c", "from pipeline.cli import COMMANDS; print(*COMMANDS)").split():
        yield f"## mucode {name}\n\n```text\n{run('-m', 'pipeline', name, '--help').rstrip()}\n```\n"


def run(*words: str) -> str:
    environment = {**os.environ, "COLUMNS": "100", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"site: {' '.join(words)} failed with status {done.returncode}: {done.stderr[-500:]}")
    return done.stdout


def type_page() -> str:
    """For mkdocstrings, which reads the sources and imports nothing."""
    lines = ["# Types of extensions", "", "What [extending](extending.md) builds on, from the sources.", ""]
    for title, names in TYPES.items():
        lines += [f"## {title}", "", *(f"::: {name}\n" for name in names)]
    return "\n".join(lines)


def stage(out: Path) -> int:
    """Write all pages below `out`; how many."""
    places = pages()
    for page, place in places.items():
        target = out / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(linked(page.read_text(), page, places))
    for file in [*(ROOT / "docs").rglob("*.html"), *(ROOT / "docs").rglob("*.json")]:
        target = out / file.relative_to(ROOT / "docs")
        target.write_bytes(file.read_bytes())
    (out / "commands.md").write_text("\n".join(command_pages()))
    (out / "types.md").write_text(type_page())
    return len(places) + 2


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python scripts/site.py OUT")
    print(f"site: {stage(Path(sys.argv[1]))} pages in {sys.argv[1]}")
