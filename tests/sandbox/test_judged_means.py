"""Modules and comparisons of tests are the judge's own."""

import pytest

from sandbox.pool.pool import Pool
from tests.sandbox.problems import function

YES, NP = "staticmethod(lambda *a: 1)", "import numpy as np\n"
JUDGEABLE = [
    ("assert isinstance(P(1), P)", "class P:\n  def __init__(s, x): pass", True),
    ("assert isinstance(P(1), P)", "class Q: pass\ndef P(x): return 1", False),
    ("try:\n  P(1)\n  assert 0\nexcept MyErr:\n  pass", "class MyErr(Exception): pass\ndef P(x): raise MyErr", True),
    ("try:\n  P(1)\nexcept (MyErr, KeyError):\n  pass", "class MyErr(Exception): pass\ndef P(x): {}[1]", True),
    ("try:\n  P(1)\nexcept MyErr:\n  pass", "class MyErr(Exception): pass\ndef P(x): raise ValueError", False),
    ("try:\n  assert P(1) == 3\nexcept AssertionError:\n  assert P(1) == 4", "def P(x): return 4", True),
    ("try:\n  assert P(1) == 3\nexcept AssertionError:\n  assert P(1) == 4", "def P(x): return 5", False),
    ("a = [2, 1]\nP(data=a)\nassert a == [1, 2]", "def P(data): data.sort()", True),
    ("a = [2, 1]\nP(data=a)\nassert a == [1, 2]", "def P(data): pass", False),
    ("assert issubclass(Q, P) and not issubclass(P, Q)", "class P: pass\nclass Q(P): pass", True),
    ("assert issubclass(Q, P)", "class P: pass\nclass Q: pass", False),
    ("d = P(99)\nassert sorted(d.values()) == [*range(99)]", "def P(n): return {object(): i for i in range(n)}", True),
    ("assert P({2: 1, 1: 2}.keys()) == [2, 1]", "def P(keys): return [*keys]", True),
    ("assert P({2: 1, 1: 2}) == {1, 2}", "def P(table): return table.keys()", True),
    ("assert P(1) is RED and len({P(1), RED}) == 1", "class C: pass\nRED = C()\ndef P(x): return RED", True),
    ("assert P(1) is RED", "class C: pass\nRED = C()\ndef P(x): return C()", False),
    ("x = iter([1, 2])\nassert list(P(x)) == [2]", "def P(x):\n  next(x)\n  return x", True),
    ("assert P(n for n in (1, 2)) == 3", "def P(x): return sum(x)", True),
    ("assert math.isclose(P(2), 2.0)", f"class math: isclose = {YES}\ndef P(x): return 9", False),
    ("assert math.isclose(P(2), 2.0)", "def P(x): return x", True),
    ("assert P(1) == sys.getsizeof(1)", f"class sys: getsizeof = {YES}\ndef P(x): return 1", False),
    ("assert P(1) == pytest.approx(2)", f"class pytest: approx = {YES}\ndef P(x): return 1", False),
    ("assert P(1) == pytest.approx(2)", "def P(x): return 2.0", True),
    ("assert np.allclose(P(2), [2])", f"class np: allclose = {YES}\ndef P(x): return 9", False),
    ("assert P(1) == 1e6\nassert P(2) == 1e9", f"{NP}def P(x): return np.array([np.inf], 'float16')", False),
    ("assert P(1) == 300", f"{NP}def P(x): return np.array([300], 'int16')", True),
    (f"{NP}assert np.allclose(P(1), [1, 2])", f"{NP}def P(x): return np.array([1, 2])", True),
]  # fmt: skip


@pytest.mark.parametrize(("test", "program", "accepted"), JUDGEABLE)
def test_judged_by_the_judges_own_means(pool: Pool, test: str, program: str, accepted: bool) -> None:
    outcome = pool.judge(function(test, name="P", setup="unused = 1"), program, "private")
    assert outcome.label is accepted, outcome
