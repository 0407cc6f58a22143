"""Generated values through two real boxes: they come back as they were, and a program changes them as in one process.

`tests/unit/sandbox/protocol/test_fuzz.py` does the same in one process, a hundred times as often.
"""

import inspect
from collections.abc import Iterable

import pytest

from sandbox.pool.pool import Pool
from sandbox.problem import Limits
from sandbox.verdict import Verdict
from tests.sandbox.problems import function
from tests.support.values import changes, sameness
from tests.support.values.recipes import PRELUDE, REFUSED, Recipe

LIMITS = Limits(cpu_limit_s=60, wall_limit_s=200, memory_mib=512)
HOLDS = """
held = []
def hold(value): held.append(value)
def give(): return held.pop()
"""
COMES_BACK = """
wrong = []
for seed, make in RECIPES:
    hold(make())
    if found := difference(make(), give(), True):
        wrong.append((seed, found))
assert not wrong, str(wrong)
"""
IS_CHANGED = """
def after(call, make, seed):
    value = make()
    more = [value, 1]
    try:
        returned = call(seed, value, more, again=value)
    except ValueError as error:
        returned = str(error)
    return value, more, returned
wrong = []
for seed, make in RECIPES:
    if found := difference(after(change, make, seed), after(changed, make, seed), True):
        wrong.append((seed, found))
assert not wrong, str(wrong)
"""
"""`change` is the tests' own, `changed` the program's."""


def recipes(seeds: Iterable[int], depth: int) -> str:
    """`RECIPES`: a seed, and a function that makes its value."""
    lines = []
    for seed in seeds:
        lines += [f"def make_{seed}():", *(f"    {line}" for line in Recipe(seed, depth).lines), "    return value"]
    return "\n".join([*lines, "RECIPES = [", *(f"    ({seed}, make_{seed})," for seed in seeds), "]"])


def check(pool: Pool, seeds: range, test: str, program: str, name: str) -> None:
    source = f"{recipes(seeds, 3)}\n{test}"
    setup = f"{inspect.getsource(sameness)}\n{inspect.getsource(changes)}\n{PRELUDE}"
    outcome = pool.judge(function(source, name=name, setup=setup, limits=LIMITS), program, "private")
    assert outcome.accepted, f"{outcome.message}: `Recipe(seed, 3).source` is the value of a seed"


def test_values_come_back_as_they_were(pool: Pool) -> None:
    check(pool, range(300), COMES_BACK, HOLDS, "hold")


def test_arguments_are_changed_as_in_one_process(pool: Pool) -> None:
    check(pool, range(300), IS_CHANGED, f"{inspect.getsource(changes)}\nchanged = change", "changed")


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_ten_thousand_values(pool: Pool, part: int) -> None:
    seeds = range(100_000 + 500 * part, 100_500 + 500 * part)
    check(pool, seeds, COMES_BACK, HOLDS, "hold")
    check(pool, seeds, IS_CHANGED, f"{inspect.getsource(changes)}\nchanged = change", "changed")


BY_BOXES = ("len", "np.ma.array([1])")
"""Refused by the codec alone; between boxes a function of a library goes by its name, a masked array with its mask."""


@pytest.mark.parametrize("value", [value for value in REFUSED if value not in BY_BOXES])
def test_what_does_not_cross_is_refused_by_name(pool: Pool, value: str) -> None:
    test = f"{PRELUDE}\nassert f([1, {{'a': ({value},)}}]) is None"
    outcome = pool.judge(function(test, limits=LIMITS), "def f(x): return None", "private")
    assert outcome.verdict is Verdict.UNJUDGED
    assert f"a {REFUSED[value]} of the tests" in outcome.message, outcome.message
