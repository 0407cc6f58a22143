"""The page of all episodes: index.html, which opens from disk without a server, and beside it a folder of scripts.

The folder is new each time and index.html names it, so a browser sees one state of the run, and what was there before
goes last. Nothing of a run is in index.html but its name and its numbers, escaped; everything else is packed.
"""

import posixpath
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from importlib import resources

from actors.storage.reach import require_writable
from actors.storage.run_storage import RunStorage, open_storage
from pipeline.episode_view.choice import EpisodeChoice
from pipeline.episode_view.chunks import ChunkWriter
from pipeline.episode_view.facts import NOT_RUN, episode_facts
from pipeline.episode_view.packing import packed_call
from pipeline.episode_view.page_style import PAGE_STYLE
from pipeline.episode_view.places import names_in
from pipeline.episode_view.reading import read_episodes
from pipeline.episode_view.rows import RowColumns
from pipeline.errors import ConfigError
from pipeline.report.style import STYLE
from pipeline.report.transcripts import COLOURS
from pipeline.state.store import Store
from pipeline.trackers.console import plain_words
from sandbox.verdict import Verdict

INDEX, MARK = "index.html", "view.json"
FOLDER = "episodes-"
"""Beginning of the name of the folder."""
SCRIPTS = ("loading.js", "rows.js", "episode.js", "view.js")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self' file:"
"""Scripts that lie beside the page and nothing else: none within it, nothing from elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenView:
    """Where the page is, and what it took."""

    index: str
    episodes: int
    chunks: int
    size_bytes: int


def open_view_place(out: str) -> RunStorage:
    """The storage at `out`: a new or empty folder or address, or one that holds an earlier view.

    Raises ConfigError if it holds anything else, StorageError if nothing can be written there.
    """
    storage = open_storage(out)
    names = names_in(storage, "--out", out)
    if names and MARK not in names:
        raise ConfigError(f"--out {out} holds other files; name a new or an empty folder, or that of an earlier view")
    require_writable(out)
    return storage


def write_view(
    store: Store, choice: EpisodeChoice, place: RunStorage, told: Callable[[int], None] = lambda _: None
) -> WrittenView:
    """Write the page of the chosen episodes to `place`; `told` is called with the number of episodes so far.

    Raises DamagedError for rows that are not what was written; then the earlier view is what it was.
    """
    folder = f"{FOLDER}{uuid.uuid4().hex[:12]}"
    place.write(MARK, b'{"schema": "episode_view/1"}\n')
    chunks = ChunkWriter(lambda name, data: place.write(f"{folder}/{name}", data))
    rows = RowColumns()
    for stage in choice.stages:
        for number, (episode, scores) in enumerate(read_episodes(store, stage)):
            chunks.add(episode, scores)
            rows.add(episode, stage, episode_facts(episode, stage, scores))
            if number % 100 == 0:
                told(chunks.episodes)
    chunks.flush()
    name = posixpath.basename(store.root.rstrip("/"))
    body = {"run": name, "starts": chunks.starts, "verdicts": _verdicts(), **rows.body()}
    files = {
        f"{folder}/rows.js": packed_call("mucode.takeRows", "rows", body),
        f"{folder}/view.js": _scripts(),
        INDEX: _index(name, choice, folder).encode(errors="replace"),
    }
    for file, data in files.items():
        place.write(file, data)
    _delete_earlier(place, folder)
    size = chunks.size_bytes + sum(map(len, files.values()))
    index = posixpath.join(place.root, INDEX)
    return WrittenView(index=index, episodes=chunks.episodes, chunks=len(chunks.starts), size_bytes=size)


def _delete_earlier(place: RunStorage, folder: str) -> None:
    """Folders of earlier views, and of those that were not finished."""
    for name in place.list_names():
        if name.startswith(FOLDER) and name != folder:
            place.delete_directory(name)


def _scripts() -> bytes:
    """The page's own scripts as one file."""
    room = resources.files("pipeline.episode_view") / "scripts"
    return b"\n".join((room / name).read_bytes() for name in SCRIPTS)


def _verdicts() -> dict[str, tuple[str, str]]:
    """Of each verdict its words and its CSS class."""
    shown = {str(verdict): (plain_words(verdict), COLOURS.get(verdict, "limit")) for verdict in Verdict}
    return shown | {NOT_RUN: ("not run", "none")}


def _index(name: str, choice: EpisodeChoice, folder: str) -> str:
    states = "".join(f"<li>{escape(stage.state)}</li>" for stage in choice.stages)
    note = f"<p><b>{escape(choice.note)}.</b></p>" if choice.note else ""
    written = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    body = (
        f"<h1>{escape(name)}: episodes</h1><details class=stages><summary>{choice.shown} episodes of "
        f"{len(choice.stages)} stages, read {written}</summary><ul>{states}</ul></details>{note}"
        '<noscript><p class=claim>The list needs JavaScript.</p></noscript><div id=filters class="card"></div>'
        "<p class=bar><span id=status aria-live=polite>loading</span> <button type=button id=stop hidden>Stop</button>"
        " <button type=button id=reset>Show all</button></p>"
        "<div id=list></div><p id=pages class=bar hidden></p>"
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f"<title>{escape(name)}: episodes · mucode</title><style>{STYLE}{PAGE_STYLE}</style>"
        f'<script defer src="{folder}/view.js"></script><script defer src="{folder}/rows.js"></script></head>'
        f'<body data-folder="{folder}"><main>{body}</main></body></html>\n'
    )
