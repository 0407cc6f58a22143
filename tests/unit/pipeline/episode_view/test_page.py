"""The page of all episodes: what is in its files, that no text becomes code, and what may be overwritten."""

import base64
import json
import re
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from actors.storage.run_storage import open_storage
from pipeline.cli import main
from pipeline.episode_view.choice import choose_episodes
from pipeline.episode_view.packing import packed_call
from pipeline.episode_view.page import open_view_place, write_view
from pipeline.episode_view.reading import read_episodes
from pipeline.errors import ConfigError
from pipeline.state.store import Store
from tests.support.hostile_texts import HOSTILE, NAME, hostile_run

LINE = re.compile(rb'mucode\.take(Rows|Chunk)\("[a-z0-9]+","[A-Za-z0-9+/=]*"\);\n')


def unpack_call(line: bytes) -> tuple[str, Any]:
    """Name and value of what `packed_call` made."""
    _, name, _, packed, _ = line.decode("ascii").split('"')
    return name, json.loads(zlib.decompress(base64.b64decode(packed)))


def view(store: Store, out: str, limit: int = 10_000) -> dict[str, bytes]:
    """Files of a view by name, those of its folder as `name`."""
    place = open_view_place(out)
    write_view(store, choose_episodes(store, limit), place)
    folder = re.search(rb'data-folder="(episodes-[0-9a-f]{12})"', place.read("index.html"))[1].decode()  # type: ignore[index]
    assert place.list_names() == [folder, "index.html", "view.json"]
    names = place.list_names(folder)
    return {"index.html": place.read("index.html")} | {name: place.read(f"{folder}/{name}") for name in names}


def rows_of(files: dict[str, bytes]) -> dict[str, Any]:
    return dict(unpack_call(files["rows.js"])[1])


def episodes_of(files: dict[str, bytes]) -> Iterator[tuple[dict[str, Any], list[str]]]:
    for name in sorted(name for name in files if name.startswith("chunk-")):
        number, body = unpack_call(files[name])
        assert name == f"chunk-{int(number):05d}.js"
        yield from ((episode, body["texts"]) for episode in body["episodes"])


def test_every_episode_is_there_once_and_whole(many: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.episode_view.chunks.CHUNK_EPISODES", 60)
    files = view(many, str(tmp_path / "out"))
    rows, written = rows_of(files), list(episodes_of(files))
    read = [one for stage in choose_episodes(many, 10_000).stages for one in read_episodes(many, stage)]
    assert len(read) == len(written) == 300 and len(rows["starts"]) == 5
    assert rows["columns"]["id"] == [episode.episode_id for episode, _ in read]
    words, columns = rows["words"], rows["columns"]
    assert [words["problem"][code] for code in columns["problem"]] == [episode.problem_id for episode, _ in read]
    for (episode, scores), (shown, texts) in zip(read, written, strict=True):
        assert texts[shown["prompt"]] == episode.prompt
        for number, (turn, seen) in enumerate(zip(episode.turns, shown["turns"], strict=True)):
            assert [texts[one["response"]] for one in seen["answers"]] == [one.response for one in turn.answers]
            assert [texts[one["program"]] for one in seen["answers"]] == [one.program for one in turn.answers]
            assert (texts[seen["feedback"]] if "feedback" in seen else "") == turn.feedback
            score = scores.get((episode.episode_id, number), turn.answer.score)
            assert seen["answers"][turn.chosen]["score"] == round(score, 4)  # type: ignore[arg-type]
    assert "search sweep of iteration 1: 150 episodes so far, the stage is not finished" in files["index.html"].decode()


class Scripts(HTMLParser):
    """Script elements of a page: their attributes, and what stands in them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.scripts: list[dict[str, str | None]] = []
        self.inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "script":
            self.scripts.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.inside += data if self.lasttag == "script" else ""


def test_no_text_of_a_stranger_becomes_code(tmp_path: Path) -> None:
    files = view(hostile_run(tmp_path), str(tmp_path / "out"))
    page = Scripts(files["index.html"].decode())
    assert [set(script) for script in page.scripts] == [{"defer", "src"}] * 2 and page.inside == ""
    assert "img" not in page.tags
    assert (
        b"script-src 'self' file:\"" in files["index.html"]
        and b"&lt;img src=x onerror=alert(7)&gt;" in files["index.html"]
    )
    for name, data in files.items():
        if name not in ("index.html", "view.js"):
            assert LINE.fullmatch(data), name
    assert rows_of(files)["run"] == NAME
    texts = [text for _, texts in episodes_of(files) for text in texts]
    for text in HOSTILE:
        for where in ("prompt", "response", "program", "feedback", "message"):
            assert f"{where} {text}" in texts


def test_text_that_utf8_has_not_is_packed_too() -> None:
    text = "\ud800 alone \udfff, nul \x00, \u2028 </script>"
    line = packed_call("f", "name", {"text": text})
    assert re.fullmatch(rb'f\("name","[A-Za-z0-9+/=]*"\);\n', line)
    assert unpack_call(line) == ("name", {"text": text})


def test_a_long_text_is_cut_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.episode_view.chunks.MOST_CHARACTERS", 5)
    files = view(hostile_run(tmp_path), str(tmp_path / "out"))
    assert "promp\n… 36 more characters" in next(episodes_of(files))[1]


def test_a_view_is_renewed_and_nothing_else_is_overwritten(small: Store, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    first, second = view(small, out, 100), view(small, out)
    assert "1105 episodes left out by the limit of 100" in first["index.html"].decode()
    assert "left out" not in second["index.html"].decode()
    assert len(rows_of(second)["columns"]["id"]) == 1205
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigError, match="holds other files"):
        open_view_place(str(tmp_path / "else"))
    with pytest.raises(ConfigError, match="is a file"):
        open_view_place(str(tmp_path / "else" / "thesis.txt"))


def test_a_run_in_an_object_store_gives_the_same_page(tmp_path: Path, bucket: str) -> None:
    here, there = hostile_run(tmp_path), open_storage(f"{bucket}/runs/hostile")
    for file in sorted(Path(here.root).rglob("*")):
        if file.is_file():
            there.write(str(file.relative_to(here.root)), file.read_bytes())
    local, remote = view(here, str(tmp_path / "out")), view(Store(f"{bucket}/runs/hostile"), f"{bucket}/views/hostile")
    assert remote["chunk-00000.js"] == local["chunk-00000.js"]
    assert rows_of(remote) | {"run": NAME} == rows_of(local)


def test_the_command_says_what_it_wrote(small: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["view", small.root, "--out", str(tmp_path / "page"), "--limit", "300", "--stage", "search_greedy"]) == 0
    )
    said = capsys.readouterr().out
    assert "search greedy of iteration 0: 100 episodes, 100 left out\n" in said
    assert "100 episodes left out by the limit of 300: 100 of search greedy of iteration 0. --limit raises it" in said
    assert f"page: {tmp_path}/page/index.html (1 chunk, " in said
    assert main(["view", small.root]) == 2
    assert "--out DIR" in capsys.readouterr().err
    (tmp_path / "study.json").write_text("{}")
    assert main(["view", str(tmp_path), "--out", str(tmp_path / "page")]) == 2
    assert f"is a study; give one of its runs, which are the folders of {tmp_path}/cells" in capsys.readouterr().err
