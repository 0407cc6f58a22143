"""The page in a Chromium, opened from disk: filters, orders, search and episodes, as a person uses them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.episode_view.choice import choose_episodes
from pipeline.episode_view.page import open_view_place, write_view
from pipeline.state.store import Store
from tests.support.browser import Browser, find_browser, started_browser
from tests.support.hostile_texts import HOSTILE, NAME, hostile_run
from tests.support.many_episodes import write_many_episodes

BROWSER = find_browser()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed (Debian: apt-get install chromium)"),
]
LISTED = "document.querySelectorAll('#list > details').length"
STATUS = "document.getElementById('status').textContent"


@pytest.fixture
def browser() -> Iterator[Browser]:
    assert BROWSER is not None
    with started_browser(BROWSER) as browser:
        yield browser


def written(store: Store, out: Path) -> str:
    write_view(store, choose_episodes(store, 10_000), open_view_place(str(out)))
    return f"file://{out}/index.html"


def choose(browser: Browser, control: str, value: str) -> None:
    """What a person does to a select or an input."""
    found = f"document.querySelector('[name={control}]')"
    browser.ask(f"{found}.value = {json.dumps(value)}; {found}.dispatchEvent(new Event('change'))")


def test_filters_orders_pages_and_search(browser: Browser, tmp_path: Path) -> None:
    address = written(write_many_episodes(tmp_path / "many", 1000), tmp_path / "out")
    browser.open(address, f"{LISTED} === 50")
    assert browser.ask(STATUS) == "1000 episodes"
    assert [one for one in browser.requested if "chunk-" in one] == []  # only what is opened is loaded
    choose(browser, "solved", "solved")
    choose(browser, "stage", "search sweep of iteration 1")
    solved = browser.ask("mucode.view.passing.length")
    assert 0 < solved < 500 and browser.ask(STATUS) == f"{solved} of 1000 episodes"
    assert browser.ask("[...document.querySelectorAll('#list > details b')].every((b) => b.textContent === 'solved')")
    choose(browser, "order", "tokens")
    tokens = (
        "[...document.querySelectorAll('#list small')].map((one) => Number(/(\\d+) tokens/.exec(one.textContent)[1]))"
    )
    assert (shown := browser.ask(tokens)) == sorted(shown, reverse=True)
    browser.ask("document.querySelector('#pages button:last-child').click()")
    assert "page 2 of " in browser.ask("document.getElementById('pages').textContent")
    state = browser.ask("location.hash")
    browser.open("about:blank", "true")
    browser.open(f"{address}{state}", f"{LISTED} > 0")  # the address is all that a colleague needs
    assert browser.ask(STATUS) == f"{solved} of 1000 episodes"
    assert "page 2 of " in browser.ask("document.getElementById('pages').textContent")

    browser.ask("document.getElementById('reset').click()")
    assert browser.ask(STATUS) == "1000 episodes" and browser.ask("location.hash") == ""
    wanted = browser.ask(
        "mucode.view.rows.episode(700).then((one) => one.texts[one.turns[0].answers[1].response].slice(-40, -6))"
    )
    choose(browser, "text", wanted.upper())
    browser.wait(
        f"{STATUS}.includes('4 of 1000 episodes') && document.getElementById('stop').hidden"
    )  # one per selector
    browser.ask("document.querySelector('#list details').open = true")
    browser.wait("document.querySelector('#list .turns details')")
    browser.ask("document.querySelectorAll('#list .turns details').forEach((one) => (one.open = true))")
    browser.wait("document.querySelector('#list mark')")
    assert browser.ask("document.querySelector('#list mark').textContent.toLowerCase()") == wanted.lower()
    assert browser.troubles == []


def test_light_and_dark_on_phone_and_desktop(browser: Browser, tmp_path: Path) -> None:
    browser.open(written(write_many_episodes(tmp_path / "many", 60), tmp_path / "out"), f"{LISTED} === 50")
    browser.ask("document.querySelector('#list details').open = true")
    browser.wait("document.querySelector('#list .turns section')")
    colours = {}
    for width, height in ((390, 844), (1280, 900)):
        for dark in (False, True):
            browser.show(width=width, height=height, dark=dark)
            assert browser.ask("document.documentElement.scrollWidth") <= width
            colours[dark] = browser.ask("getComputedStyle(document.body).backgroundColor")
    assert colours[False] != colours[True]


def test_hostile_texts_are_shown_and_nothing_runs(browser: Browser, tmp_path: Path) -> None:
    browser.open(written(hostile_run(tmp_path), tmp_path / "out"), f"{LISTED} === {len(HOSTILE)}")
    assert browser.ask("document.querySelector('h1').textContent") == f"{NAME}: episodes"
    browser.ask("document.querySelectorAll('#list > details').forEach((one) => (one.open = true))")
    browser.wait(f"document.querySelectorAll('#list .turns').length === {len(HOSTILE)}")
    browser.ask("document.querySelectorAll('#list .turns details').forEach((one) => (one.open = true))")
    browser.wait("document.querySelector('#list .turns details pre')")
    assert browser.ask("document.querySelectorAll('img, body script, iframe, object').length") == 0
    shown = browser.ask("document.body.innerText")
    for text in HOSTILE[:4]:
        for where in ("problem", "prompt", "response", "program", "feedback", "message"):
            assert f"{where} {text}".replace("\u2028", "⟨2028⟩").replace("\u2029", "⟨2029⟩") in shown
    assert "nul ⟨0000⟩, escape ⟨001B⟩[2J, backwards ⟨202E⟩abc, none ⟨200B⟩" in shown
    assert browser.troubles == []
    assert all(one.startswith("file://") for one in browser.requested if one != "about:blank")


def test_a_file_that_is_missing_is_named(browser: Browser, tmp_path: Path) -> None:
    address = written(write_many_episodes(tmp_path / "many", 60), tmp_path / "out")
    next((tmp_path / "out").glob("*/chunk-00000.js")).unlink()
    browser.open(address, f"{LISTED} === 50")
    browser.ask("document.querySelector('#list details').open = true")
    browser.wait("document.querySelector('#list details').textContent.includes('chunk-00000.js cannot be read')")
    choose(browser, "text", "list")
    browser.wait(f"{STATUS}.includes('chunk-00000.js cannot be read')")
