"""Tuples of a class of their own: their fields are read on both sides, whoever made them."""

import pytest

from sandbox.pool.pool import Pool
from sandbox.verdict import Verdict
from tests.sandbox.problems import function

pytestmark = pytest.mark.docker

PREAMBLE = """
from collections import namedtuple
from typing import NamedTuple
P = namedtuple("P", "x y")
class Q(NamedTuple):
    a: int
    b: int = 2
    def total(self): return self.a + self.b
"""
OWN = "from collections import namedtuple\nR = namedtuple('R', 'x y')\n"
RIGHT = [
    ("assert f(1, 2) == P(1, 2) and f(1, 2) == (1, 2)", "def f(a, b): return P(a, b)"),
    ("assert f(1, 2).x == 1 and f(1, 2)._fields == ('x', 'y')", "def f(a, b): return P(a, b)"),
    ("assert f(1).total() == 3 and f(1)._asdict() == {'a': 1, 'b': 2}", "def f(a): return Q(a)"),
    ("assert isinstance(f(1), Q) and not isinstance(f(1), P)", "def f(a): return Q(a)"),
    ("assert f(P(1, 2)) == 3", "def f(p): return p.x + p.y"),
    ("assert f([Q(1), Q(2)]) == 7", "def f(qs): return sum(q.total() for q in qs)"),
    ("assert f(Q(1)) == (True, 'Q')", "def f(q): return isinstance(q, Q), type(q).__name__"),
    ("Mine = namedtuple('Mine', 'u v')\nassert f(Mine(1, 2)) == 3", "def f(m): return m.u + m[1]"),
    ("p = f(1, 2)\nassert p.x == 1 and p[1] == 2 and len(p) == 2", f"{OWN}def f(a, b): return R(a, b)"),
    ("assert [p.x for p in f(3)] == [0, 1, 2]", f"{OWN}def f(n): return [R(i, i) for i in range(n)]"),
]


@pytest.mark.parametrize(("test", "program"), RIGHT)
def test_fields_are_read_on_both_sides(pool: Pool, test: str, program: str) -> None:
    outcome = pool.judge(function(test, name=None, preamble=PREAMBLE), program, "private")
    assert (outcome.verdict, outcome.message) == (Verdict.ACCEPTED, "")


@pytest.mark.parametrize(
    "program", [f"{OWN}def f(a, b): return R(b, a)", f"{OWN}R.__eq__ = lambda *_: True\ndef f(a, b): return R(0, 0)"]
)
def test_what_is_in_them_is_compared(pool: Pool, program: str) -> None:
    problem = function("assert f(1, 2) == P(1, 2)", name=None, preamble=PREAMBLE)
    assert pool.judge(problem, program, "private").verdict is Verdict.WRONG_ANSWER
