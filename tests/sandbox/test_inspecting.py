"""What tests ask about objects of the program other than by their methods: hashes, documentation, kinds; threads."""

import pytest

from sandbox.pool.pool import Pool
from sandbox.verdict import Verdict
from tests.sandbox.problems import function

DATA = "import dataclasses\n@dataclasses.dataclass(frozen=True)\nclass P:\n  x: int\n"
THREADS = """
import threading
r = []
ts = [threading.Thread(target=lambda i=i: r.append(f(i))) for i in range(8)]
[t.start() for t in ts]
[t.join() for t in ts]
assert sorted(r) == [*range(8)]
"""
RAISES = """
class E(Exception):
  def __init__(self, c):
    self.code, self.case, self.itself = c, 'x', self
def f(c): raise E(c)
"""
CATCHES = "try: f(3)\nexcept E as e: caught = e\nassert caught"
SHOWN = [
    ("d = {P(1): 'a'}\nassert d[P(1)] == 'a' and P(2) not in d", DATA, "class P:\n  def __init__(s, x): s.x = x"),
    ("assert f.__doc__ == 'says'", "def f():\n  'says'", "def f(): pass"),
    ("import dataclasses as d\nassert d.asdict(P(1)) == {'x': 1}", DATA, DATA + "  y: int = 3"),
    ("import inspect\nassert inspect.iscoroutinefunction(f)", "async def f(): pass", "def f(): pass"),
    (
        "import asyncio\nasync def go():\n  return await asyncio.create_task(f(1))\nassert asyncio.run(go()) == 2",
        "async def f(x): return x + 1",
        "async def f(x): return x",
    ),
    ("assert f(1) is int and f('') == str", "def f(x): return type(x)", "def f(x): return float"),
    ("assert f(int, '3') == 3", "def f(kind, x): return kind(x)", "def f(kind, x): return x"),
    (THREADS, "def f(i): return i", "def f(i): return i + 1"),
    (f"{CATCHES}.code == 3 and not hasattr(caught, 'case')", RAISES, RAISES.replace("= c, 'x'", "= 4, 'x'")),
    ("r = f(2)\nassert type(r) is int", "def f(x): return x", "class I:\n  __class__ = int\ndef f(x): return I()"),
]  # fmt: skip


@pytest.mark.parametrize(("test", "right", "wrong"), SHOWN)
def test_what_tests_ask_about_objects(pool: Pool, test: str, right: str, wrong: str) -> None:
    name = "P" if "P(" in test else "f"
    outcome = pool.judge(function(test, name=name), right, "private")
    assert (outcome.verdict, outcome.message) == (Verdict.ACCEPTED, "")
    assert pool.judge(function(test, name=name), wrong, "private").label is False


def test_no_object_is_of_a_kind_of_value(pool: Pool) -> None:
    """A program that forges the answer to `type(x)` has no integer by that."""
    forged = (
        "import gc\ndef f(x):\n  o = next(o for o in gc.get_objects() if type(o).__name__ == 'Objects')\n"
        "  o.do_special = lambda *_: {'value': {'handle': -2 * 10**12 - 1, 'type': 'type'}}\n  return o"
    )
    assert pool.judge(function("r = f(2)\nassert type(r) is int"), forged, "private").label is False


@pytest.mark.parametrize("test", ["class Q(P): pass\nassert Q()", "import inspect\nassert inspect.signature(P)"])
def test_what_only_the_programs_process_can_tell_is_unjudged(pool: Pool, test: str) -> None:
    assert pool.judge(function(test, name="P"), "class P: pass", "private").verdict is Verdict.UNJUDGED
