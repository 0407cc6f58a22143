"""A verdict depends on the program and its tests: not on the box, the run before it, or the hour."""

import ast
from collections import Counter
from typing import Any

import pytest

from sandbox.containers import confinement
from sandbox.containers.connection import TransportName
from sandbox.judging.plan import make_plan
from sandbox.pool.pool import Pool
from tests.sandbox.problems import function, stdio

WORDS = "'pear fig apple kiwi plum lime date quince'.split()"
ORDERED = {
    "a list of a set": f"list(set({WORDS}))",
    "the hash of a text": "hash('pear')",
    "the hash of bytes": "hash(b'pear') % 1000",
    "a loop over a set": f"[w[0] for w in {{*{WORDS}}}]",
    "a dictionary of sets": f"{{w: [*set(w)] for w in {WORDS}}}.get('quince')",
    "a frozen set": f"tuple(frozenset({WORDS}))",
    "what a set gives first": f"set({WORDS}).pop()",
    "a text of a set": f"str(set({WORDS}))",
    "a set of tuples": f"[*{{(w, len(w)) for w in {WORDS}}}]",
    "names of arguments": "[*set(dict(alpha=1, beta=2, gamma=3, delta=4))]",
    "a set of dates": "[d.day for d in {datetime.date(2024, 1, n) for n in range(1, 20)}]",
}
"""Expressions whose value is the hash seed's choice."""
COMMON = "import datetime\ndef f(x): return "


def said_by(transport: TransportName, **setup: str) -> dict[str, Counter[str]]:
    """What a hundred judgements in four boxes found, by program. The answer is wrong on purpose: so it is shown."""
    problem = function("assert f(1) == 'no such value'", **setup)  # type: ignore[arg-type]
    assert bool(make_plan(problem, "private").checks) is bool(setup)
    programs = {name: COMMON + expression for name, expression in ORDERED.items()}
    with Pool(boxes=4, cached=False, transport=transport) as pool:
        asked = {name: [pool.submit(problem, text, "private") for _ in range(100)] for name, text in programs.items()}
        found = {name: [future.result() for future in futures] for name, futures in asked.items()}
    assert len({one.box for outcomes in found.values() for one in outcomes}) == 4
    return {name: Counter(one.message for one in outcomes) for name, outcomes in found.items()}


@pytest.mark.usefixtures("engine")
def test_what_hashing_orders_is_the_same_in_every_box() -> None:
    by_transport = {transport: said_by(transport) for transport in ("socket", "stdio")}
    for name in ORDERED:
        found = [by_transport[transport][name] for transport in by_transport]
        assert len(found[0]) == 1 and found[0] == found[1], (name, found)
        assert "expected 'no such value'" in next(iter(found[0]))


@pytest.mark.usefixtures("engine")
def test_tests_in_a_judge_box_hash_alike_too() -> None:
    found = said_by("socket", setup=f"order = list(set({WORDS}))")
    assert {name: len(messages) for name, messages in found.items()} == dict.fromkeys(ORDERED, 1)
    with Pool(boxes=4, cached=False) as pool:
        problem = function("assert f(1) == order", setup=f"order = list(set({WORDS}))")
        same = pool.judge_many([(problem, COMMON + f"list(set({WORDS}))", "private")] * 100)
    assert [one.accepted for one in same] == [True] * 100


SURROUNDINGS = """
import os, sys, time, locale
print(sorted(os.environ.items()), sys.flags, sys.path, sys.argv, os.getcwd(), os.listdir('.'), os.umask(0))
print(time.tzname, time.localtime(0)[:5], locale.setlocale(locale.LC_ALL), sys.getfilesystemencoding())
print(sys.version, sys.getrecursionlimit(), sys.hash_info, os.uname().nodename)
"""


@pytest.mark.usefixtures("engine")
def test_surroundings_are_the_same_in_every_box() -> None:
    """Variables, flags, folders, time zone and locale, over both transports."""
    messages = Counter[str]()
    for transport in ("socket", "stdio"):
        with Pool(boxes=2, cached=False, transport=transport) as pool:  # type: ignore[arg-type]
            for outcome in pool.judge_many([(stdio(("", "nothing")), SURROUNDINGS, "private")] * 4):
                messages[outcome.message] += 1
    assert len(messages) == 1, messages


@pytest.mark.usefixtures("engine")
def test_no_variable_of_the_image_changes_the_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    """PYTHONOPTIMIZE would remove asserts, PYTHONPATH would bring modules; programs see none of them either."""
    whole = confinement.container_options
    added = {"PYTHONOPTIMIZE": "2", "PYTHONPATH": "/tmp", "PYTHONSTARTUP": "/tmp/x.py"}

    def options(*arguments: Any) -> dict[str, Any]:
        found = whole(*arguments)
        return {**found, "environment": {**found["environment"], **added}}

    program = "import os, sys\ndef f(x): return [sys.flags.optimize, '/tmp' in sys.path, *(set(os.environ) - set(x))]"
    monkeypatch.setattr(confinement, "container_options", options)
    with Pool(boxes=1) as pool:
        problem = function(f"assert f({[*confinement.ENVIRONMENT, 'HOSTNAME']}) == [0, False]")
        assert pool.judge(problem, program, "private").accepted


SECOND = {
    "the order of a set": (f"[*set({WORDS})] == [*{{w: 0 for w in set({WORDS})}}] and [*set({WORDS})][0]", True),
    "a random number": ("random.random()", True),
    "a sorted set": (f"sorted(set({WORDS}))", False),
}


@pytest.mark.usefixtures("engine")
def test_programs_that_only_one_seed_accepts_are_told() -> None:
    """Each is right under the first seed, since that is where its expected value comes from."""
    for setup in ("", "unused = 1"):
        with Pool(boxes=1, second_seed=True) as pool:
            for name, (value, expected) in SECOND.items():
                program = f"import random\ndef f(): return repr({value})"
                shown = pool.judge(function("assert f() == 0", setup=setup), program, "private")
                assert shown.seed_dependent is None and shown.label is False
                seen = ast.literal_eval(shown.message.removeprefix("got ").removesuffix(", expected 0"))
                told = pool.judge(function(f"assert f() == {seen!r}", setup=setup), program, "private")
                assert (told.accepted, told.seed_dependent) == (True, expected), name


@pytest.mark.usefixtures("engine")
def test_without_the_mode_there_is_one_seed_and_no_word_of_another(pool: Pool) -> None:
    outcome = pool.judge(function("assert f() == 1"), "def f(): return 1", "private")
    assert outcome.accepted and outcome.seed_dependent is None


@pytest.mark.usefixtures("engine")
def test_random_numbers_of_javascript_are_the_same_everywhere() -> None:
    problem = function("assert.strictEqual(f(), 0)", language="javascript")
    messages = Counter[str]()
    for _ in range(2):
        with Pool(boxes=2, cached=False, languages=("javascript",)) as pool:
            asked = [(problem, "function f() { return [Math.random(), new Date(0).getHours()] }", "private")] * 4
            messages.update(outcome.message for outcome in pool.judge_many(asked))  # type: ignore[arg-type]
    assert len(messages) == 1 and "got [0." in next(iter(messages)), messages
