"""Values of pandas between the boxes, both ways, and figures that tests and program share. Slow: they need an image
with libraries, which the first run installs.
"""

from collections.abc import Iterator

import pytest

from sandbox.pool.pool import Pool
from sandbox.problem import Limits, Problem
from sandbox.verdict import Verdict
from tests.sandbox.problems import function
from tests.support.libraries import PACKAGES

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
REJECTED = frozenset(Verdict) - {Verdict.ACCEPTED, Verdict.UNJUDGED, Verdict.INFRASTRUCTURE_ERROR}
DAYS = "pd.date_range('2024-01-30', periods=3, freq='D')"
VALUES = [
    "pd.DataFrame({'a': [1, 2], 'b': ['x', None], 'c': [1.5, np.nan], 'd': [True, False]}, index=['p', 'q'])",
    "pd.DataFrame()",
    "pd.DataFrame(columns=['a', 'b'])",
    "pd.DataFrame([[1, 2], [3, 4]], columns=['a', 'a'])",
    "pd.DataFrame({'a': [[1, 2], {'k': 3}], 'n': np.array([1, 2], 'int8'), 'f': np.array([1, 2], 'float32')})",
    "pd.DataFrame({'v': range(4)}, index=pd.MultiIndex.from_product([['a', 'b'], [1, 2]], names=['k', None]))",
    f"pd.DataFrame({{'t': {DAYS}, 'z': {DAYS}.tz_localize('Europe/Berlin'), 'd': {DAYS} - pd.Timestamp(0)}})",
    "pd.DataFrame({'a': pd.Categorical(['x', 'y', None], ['y', 'x', 'z'], ordered=True)})",
    "pd.DataFrame({'i': pd.array([1, None], 'Int64'), 'f': pd.array([1.5, None], 'Float32')})",
    "pd.DataFrame({'b': pd.array([True, None], 'boolean'), 's': pd.array(['x', None], 'string')})",
    "pd.DataFrame({'p': pd.period_range('2024-01', periods=2, freq='M'), 'i': pd.interval_range(0, 2)})",
    "pd.Series([1, 2, 3], index=list('abc'), name='s')",
    "pd.Series([1.5, None, np.inf], name=('a', 1))",
    "pd.Series([pd.Timestamp(0), pd.NaT, None, np.nan, pd.NA], dtype=object)",
    f"pd.Series(1, index={DAYS})",
    "pd.RangeIndex(3, 30, 3, name='r')",
    "pd.Index([1, 'a', None, (1, 2)], name='n')",
    f"{DAYS}.tz_localize('UTC')",
    "pd.timedelta_range('1 day', periods=3)",
    "pd.CategoricalIndex(['a', 'b', 'a'])",
    "pd.IntervalIndex.from_breaks([0, 1.5, 3], closed='both')",
    "pd.Categorical(['a', None])",
    "pd.array([pd.Timestamp(0), None])",
    "pd.Timestamp('2024-02-29 12:34:56.123456789', tz='America/New_York')",
    "pd.Timestamp('2024-02-29').as_unit('s')",
    "pd.Timedelta('1 day 2 ns')",
    "pd.Period('2024Q1')",
    "pd.Interval(0, 1.5, 'left')",
    "pd.NaT",
    "pd.NA",
    "{'k': [pd.Timestamp(0), pd.DataFrame({'a': [1]})]}",
]
HELPERS = """
import numpy as np, pandas as pd
def told(v):
  more = [repr(v.index), repr(getattr(v, 'columns', 0)), repr(v.dtypes)] if hasattr(v, 'index') else []
  kinds = [repr(type(one)) for one in np.ravel(v.to_numpy(dtype=object))] if hasattr(v, 'shape') else []
  return [repr(type(v)), repr(v), repr(getattr(v, 'dtype', 0)), repr(getattr(v, 'freq', 0)), *more, *kinds]
"""
FRAMES = """
import pandas as pd
def change(df):
  df['new'] = df['a'] * 2
  df.drop(index=0, inplace=True)
  df.rename(columns={'a': 'A'}, inplace=True)
def itself(df):
  df['x'] = 0
  return df
class Shop:
  def __init__(self, df): self.df = df
  def total(self): return int(self.df['a'].sum())
  def sell(self): self.df.loc[0, 'a'] = 100
"""
CHANGES = [
    "df = pd.DataFrame({'a': [1, 2]})\nother = df\nchange(df)\nassert other.to_dict('list') == {'A': [2], 'new': [4]}",
    "df = pd.DataFrame({'a': [1]})\nassert itself(df) is df and list(df) == ['a', 'x']",
    "shop = Shop(pd.DataFrame({'a': [1, 2]}))\nshop.df.loc[1, 'a'] = 10\nassert shop.total() == 11",
    "shop = Shop(pd.DataFrame({'a': [1, 2]}))\ndf = shop.df\nshop.sell()\nassert df['a'].tolist() == [100, 2]",
]
FORGED = [
    "['DataFrame', {'handle': 0, 'type': 'x'}, ['a'], [], {}]",
    "['DataFrame', RANGE, RANGE, [['int64', ['a', 'b']]], {}]",
    "['DataFrame', RANGE, RANGE, [['int64', [1]]], {}]",
    "['Series', RANGE, ['object', 'ab'], None, {}]",
    "['Series', RANGE, ['i8,O', [1, 2]], None, {}]",
    "['Series', RANGE, ['datetime', 'ns', [0, 1], 'dateutil//etc/passwd'], None, {}]",
    "['Series', RANGE, ['datetime', 'ns', [0.5, 1]], None, {}]",
    "['Series', RANGE, ['category', RANGE, [7, 8], False], None, {}]",
    "['Series', RANGE, ['Int64', ['1', [2]]], None, {}]",
    "['MultiIndex', [RANGE], [[0, 9]], [None]]",
    "['Index', ['object', [[1], [2]]], [1], None]",
    "['Index', ['datetime', 'ns', [0, 1]], None, '__import__']",
    "['RangeIndex', 0, 1 << 80, 1, None]",
    "['Period', '__import__', 1]",
    "['values', ['int64', [1]]]",
    "['__class__']",
    "[]",
]
FORGER = """
import pandas as pd
import sandbox.protocol.tables as tables
RANGE = {{'library': ['RangeIndex', 0, 2, 1, None]}}
def f(x):
  tables.table_tree = lambda value, tree: {{'library': {forged}}}
  return pd.DataFrame()
"""
FIGURES = """
import matplotlib.pyplot as plt
def draw(ax=None):
  (ax or plt.gca()).plot([1, 2])
  return plt.gca()
"""
SHARED = [
    "import matplotlib.pyplot as plt\nassert len(draw().lines) == 1\nplt.close()\nassert len(draw().lines) == 1",
    "import matplotlib.pyplot as plt\ndraw()\nassert len(draw().lines) == 2\nplt.clf()\nassert plt.gcf().axes == []",
    "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nassert draw(ax) is ax and len(ax.lines) == 1",
    "import matplotlib.pyplot as plt\nassert isinstance(draw(), plt.Axes) and plt.get_fignums() == [1]",
]


@pytest.fixture(scope="module")
def boxes() -> Iterator[Pool]:
    with Pool(boxes=1, packages=PACKAGES) as pool:
        yield pool


def problem(test: str, name: str | None = "f") -> Problem:
    return function(test, name=name, limits=Limits(cpu_limit_s=10, wall_limit_s=60))


@pytest.mark.parametrize("value", VALUES)
def test_values_of_pandas_come_there_and_back(boxes: Pool, value: str) -> None:
    test = f"{HELPERS}\nback, seen = f({value})\nassert told(back) == told({value})\nassert seen == told({value})"
    outcome = boxes.judge(problem(test), f"{HELPERS}\ndef f(x):\n  return [x, told(x)]", "private")
    assert outcome.accepted, outcome.message
    wrong = f"{HELPERS}\ndef f(x):\n  return [x, told(x)[:-1] + ['']]"
    assert not boxes.judge(problem(test), wrong, "private").accepted


@pytest.mark.parametrize("test", CHANGES)
def test_changes_in_place_are_seen_on_both_sides(boxes: Pool, test: str) -> None:
    outcome = boxes.judge(problem(f"import pandas as pd\n{test}", None), FRAMES, "private")
    assert outcome.accepted, outcome.message


@pytest.mark.parametrize("forged", FORGED)
def test_a_forged_table_is_no_value(boxes: Pool, forged: str) -> None:
    test = "try:\n  x = f(1)\nexcept TypeError:\n  pass\nassert x is not None"
    outcome = boxes.judge(problem(test), FORGER.format(forged=forged), "private")
    assert outcome.verdict in REJECTED, outcome


def test_half_numbers_of_a_program_are_compared_as_what_they_are(boxes: Pool) -> None:
    program = "import pandas as pd\ndef f():\n  return pd.Series([1e6], dtype='float16')"
    assert not boxes.judge(problem("assert f()[0] == 1e6"), program, "private").accepted


@pytest.mark.parametrize("test", SHARED)
def test_figures_are_those_of_the_program(boxes: Pool, test: str) -> None:
    outcome = boxes.judge(problem(test, None), FIGURES, "private")
    assert outcome.accepted, outcome.message


def test_what_does_not_cross_is_unjudged(boxes: Pool) -> None:
    for value in ("pd.arrays.SparseArray([0, 1])", "type('Own', (pd.DataFrame,), {})()", "pd.DataFrame().groupby"):
        outcome = boxes.judge(problem(f"import pandas as pd\nf({value})\nassert True"), "def f(x): pass", "private")
        assert outcome.verdict is Verdict.UNJUDGED, (value, outcome)
