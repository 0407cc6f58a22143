"""Objects of the program in tests: what is changed in place, operators, contexts, coroutines; as in plain asserts."""

import pytest

from sandbox.pool.pool import Pool
from sandbox.problem import Limits
from tests.sandbox.problems import function

LIMITS = Limits(cpu_limit_s=5, wall_limit_s=30, memory_mib=256)
BAG = """
class Bag:
  def __init__(self, items=()):
    self.items, self.d, self.open = list(items), {}, False
    self.rows = [[1], [2]]
    self.first = self.rows[0]
  def add(self, x): self.items.append(x)
  def all(self): return self.items
  def copy(self): return list(self.items)
  def pair(self): return (self.items, 1)
  def total(self): return sum(map(sum, self.rows))
  def __setitem__(self, k, v): self.d[k] = v
  def __getitem__(self, k): return self.d[k]
  def __delitem__(self, k): del self.d[k]
  def __contains__(self, k): return k in self.d
  def __len__(self): return len(self.d)
  def __iter__(self): return iter(self.items)
  def __reversed__(self): return reversed(self.items)
  def __format__(self, spec): return f"<{spec}>"
  def __enter__(self):
    self.open = True
    return self
  def __exit__(self, kind, *a):
    self.open = False
    return kind is ValueError
"""
CHANGED = [
    "b.items.append(1)\nb.add(2)\nassert b.items == [1, 2]",
    "x = b.items\nx.append(1)\nassert b.items == [1]\nb.add(2)\nassert x == [1, 2] and x is b.items",
    "x = b.all()\nb.add(7)\nassert x == [7]\nx.clear()\nassert b.copy() == []",
    "x = b.copy()\nb.add(7)\nassert x == []\nx.append(1)\nassert b.items == [7]",
    "b['a'] = {'n': 1}\nb.d['a']['n'] = 2\nassert b['a'] == {'n': 2}\nb['a']['m'] = 3\nassert len(b.d['a']) == 2",
    "b.rows[0].append(5)\nassert b.first == [1, 5] and b.total() == 8",
    "b.rows.insert(0, [9])\nassert b.first == [1]\nb.first.append(1)\nassert b.rows == [[9], [1, 1], [2]]",
    "b.rows.reverse()\nb.rows[1][0] = 4\nassert b.first == [4] and b.rows == [[2], [4]]",
    "row = b.rows[1]\nrow.append(3)\nassert b.rows == [[1], [2, 3]]",
    "for row in b.rows: row.append(0)\nassert b.rows == [[1, 0], [2, 0]]",
    "b.pair()[0].append(1)\nassert b.items == [1]",
    "b.items += [1, 2]\nassert b.copy() == [1, 2]",
    "b.items = [3]\nassert b.copy() == [3]",
    "b.d.setdefault('k', []).append(1)\nassert b['k'] == [1]",
    "TABLE['x'] = 1\nassert look('x') == 1\nassert TABLE == {'x': 1}",
    "b['a'] = 1\ndel b['a']\nassert len(b) == 0 and 'a' not in b",
    "b['a'] = 1\nassert 'a' in b",
    "del b.items\nassert not hasattr(b, 'items')",
    "with b as c:\n  assert c is b and b.open\nassert not b.open",
    "with b:\n  raise ValueError\nassert not b.open",
    "try:\n  with b: raise KeyError('k')\nexcept KeyError: pass\nelse: assert False\nassert not b.open",
    "assert format(b, 'x') == '<x>' and f'{b:>3}' == '<>3>'",
    "b.add(1)\nb.add(2)\nassert list(reversed(b)) == [2, 1]",
    "import copy\nb.add(1)\nc = copy.deepcopy(b)\nc.add(2)\nassert (b.items, c.items) == ([1], [1, 2])",
    "assert type(b) is Bag and type(b).__name__ == 'Bag' and isinstance(b, Bag) and not isinstance(b, dict)",
]


@pytest.mark.parametrize("test", CHANGED)
def test_what_tests_change_reaches_the_program(pool: Pool, test: str) -> None:
    program = f"{BAG}\nTABLE = {{}}\ndef look(k): return TABLE[k]"
    exec(f"{program}\nb = Bag()\n{test}", {"__name__": "plain"})  # as in plain asserts
    outcome = pool.judge(function(f"b = Bag()\n{test}", name=None, limits=LIMITS), program, "private")
    assert outcome.accepted, outcome


VECTOR = """
from functools import total_ordering
@total_ordering
class Vector:
  def __init__(self, x, y): self.x, self.y = x, y
  def __add__(self, o): return Vector(self.x + o.x, self.y + o.y)
  def __mul__(self, n): return Vector(self.x * n, self.y * n) if isinstance(n, int) else self.x * n.x + self.y * n.y
  __rmul__ = __mul__
  def __iadd__(self, o):
    self.x, self.y = self.x + o.x, self.y + o.y
    return self
  def __neg__(self): return Vector(-self.x, -self.y)
  def __abs__(self): return (self.x ** 2 + self.y ** 2) ** 0.5
  def __eq__(self, o): return (self.x, self.y) == (o.x, o.y)
  def __lt__(self, o): return abs(self) < abs(o)
  def itself(self): return self
"""
OPERATORS = [
    ("assert Vector(1, 2) + Vector(2, 3) == Vector(3, 5)", True),
    ("assert Vector(1, 2) + Vector(2, 3) == Vector(3, 4)", False),
    ("assert Vector(1, 2) != Vector(1, 3)", True),
    ("assert Vector(1, 2) * Vector(3, 4) == 11", True),
    ("assert Vector(1, 2) * Vector(3, 4) == 12", False),
    ("assert Vector(1, 2) * 2 == Vector(2, 4) and 2 * Vector(1, 2) == Vector(2, 4)", True),
    ("assert abs(Vector(3, 4)) == 5 and (-Vector(1, 2)).x == -1 and Vector(1, 2).x == 1", True),
    ("assert abs(Vector(3, 4)) == 6 or Vector(1, 2).x == 2", False),
    ("assert abs(Vector(3, 4)) == 5", None),
    ("v = w = Vector(1, 2)\nv += Vector(1, 1)\nassert w.x == 2 and v is w", True),
    ("assert Vector(1, 2) < Vector(2, 3) and sorted([Vector(5, 0), Vector(1, 0)])[0].x == 1", True),
    ("assert [Vector(1, 2)] == [Vector(1, 2)] and Vector(1, 2) in [Vector(1, 2)]", True),
    ("assert Vector(1, 2) == (1, 2)", None),
    ("assert Vector(1, 2) == None", False),
    ("assert Vector(1, 2) < 5", None),
    ("assert abs(Vector(1, 2) * 2) == 5", None),
]


@pytest.mark.parametrize(("test", "label"), OPERATORS)
def test_operators_among_objects_of_the_program(pool: Pool, test: str, label: bool | None) -> None:
    outcome = pool.judge(function(test, name=None, setup="unused = 1", limits=LIMITS), VECTOR, "private")
    assert outcome.label is label, outcome


AGREES = """
class A:
  def __init__(self, *a): self.x = 0
  def __getattr__(self, name):
    if name.startswith("__"): raise AttributeError(name)
    return lambda *a: self
""" + "".join(
    f"  def __{name}__(s, *a): return {value}\n"
    for name, value in {
        **dict.fromkeys(("eq", "lt", "le", "gt", "ge", "contains", "bool", "exit"), "True"),
        **dict.fromkeys(("sub", "rsub", "add", "mul", "abs", "round", "float", "int", "index", "enter"), "0"),
    }.items()
)
CHEATED = [
    "assert f(3) == [3, 6]",
    "assert f(3) in ([3, 6], 7)",
    "assert [3] == [f(3)]",
    "assert 3 in f(3)",
    "assert f(3) < 7",
    "assert abs(f(3) - 0.5) < 1e-6",
    "import math\nassert math.isclose(f(3), 0.5)",
    "assert round(f(3), 2) == 0.5",
    "assert isinstance(f(3), list)",
    "with f(3):\n  assert f(3) == 5",
    "a = A()\nwith a:\n  assert a.total() > 5",
    "a = A()\nassert abs(a.total() - 0.5) < 1e-6",
    "a = A()\nassert a.total() == 3",
    "a = A()\nassert a.total() - 3 == 0",
    "a = A()\nwith a:\n  {}[a.total()]\nassert 0",
    "assert 3 in Sum(3)",
    "assert abs(Sum(3) - 3) < 1",
    "assert round(Sum(3)) == 0 and float(Sum(3)) == 0",
    "assert Sum(3) == 3",
]


@pytest.mark.parametrize("test", CHEATED)
def test_no_object_decides_with_an_expected_value(pool: Pool, test: str) -> None:
    outcome = pool.judge(
        function(test, name=None, setup="unused = 1", limits=LIMITS),
        f"{AGREES}class Sum(A): pass\ndef f(x): return A()",
        "private",
    )
    assert not outcome.accepted, outcome
    if "A()" not in test and "Sum" not in test:  # what the tests made themselves can leave them without a verdict
        assert outcome.label is False, outcome


ASYNC = """
import asyncio
async def f(x):
  await asyncio.sleep(0)
  if x < 0: raise ValueError(x)
  return 2 * x
async def g(n):
  for i in range(n):
    await asyncio.sleep(0)
    yield i
class Lock:
  def __init__(self): self.held = 0
  async def __aenter__(self):
    self.held += 1
    return self
  async def __aexit__(self, *a): self.held -= 1
"""
AWAITED = [
    ("assert asyncio.run(f(2)) == 4", True),
    ("assert asyncio.run(f(2)) == 5", False),
    ("async def t(): assert await f(2) == 4 and await asyncio.gather(f(1), f(2)) == [2, 4]\nasyncio.run(t())", True),
    ("async def t(): return [i async for i in g(3)]\nassert asyncio.run(t()) == [0, 1, 2]", True),
    ("async def t():\n  l = Lock()\n  async with l: assert l.held == 1\n  assert l.held == 0\nasyncio.run(t())", True),
    ("try: asyncio.run(f(-1))\nexcept ValueError as e: assert str(e) == '-1'\nelse: assert False", True),
    (
        "import unittest\nclass T(unittest.IsolatedAsyncioTestCase):\n"
        "  async def test_it(self): self.assertEqual(await f(2), 4)",
        True,
    ),
]


@pytest.mark.parametrize(("test", "label"), AWAITED)
def test_coroutines_run_in_the_programs_box(pool: Pool, test: str, label: bool) -> None:
    outcome = pool.judge(function(f"import asyncio\n{test}", limits=LIMITS), ASYNC, "private")
    assert outcome.label is label, outcome


def test_many_lists_of_an_object_cost_no_more_than_themselves(pool: Pool) -> None:
    program = "class A:\n  def row(self, n): return list(range(n))"
    test = "a = A()\nfor n in range(300): assert a.row(n) == list(range(n))\nassert len(a.row(90_000)) == 90_000"
    outcome = pool.judge(function(test, name=None, limits=LIMITS), program, "private")
    assert outcome.accepted and outcome.cpu_s < 2.5, outcome
