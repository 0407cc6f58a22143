"""The four sentences of a run: training helps, it beats the control, search helps, the verifier knows more than chance.

Each is a paired comparison on the same problems, from the searches' own episodes (columns of verdicts alone).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from actors.search.selectors import selector_label
from pipeline.evaluation.claims import Claim, Comparison, paired_comparison
from pipeline.evaluation.search_records import per_problem, read_search_outcomes
from pipeline.evaluation.statistics import Array, Estimate
from pipeline.evaluation.verifier_metrics import ALL_HELD_OUT
from pipeline.report.series import Series, find_series
from pipeline.stages.search import GREEDY_SEARCHES, SEARCH_BEST_OF_N
from pipeline.state.store import Store

SEARCH_SELECTOR = "pt_lv"
"""The selector that the claim about search is made of."""
CHANCE, PAIR_ACCURACY_AIM = 0.5, 0.6


@dataclass(frozen=True, slots=True)
class Solved:
    """One seed × problems (evaluation.claims.OutcomeTable): known searches of each problem, and how many solved it."""

    totals: Array
    counts: Array


def run_claims(store: Store, table: Sequence[Series]) -> list[Claim]:
    """Of the iteration that the run returns, at the last turn."""
    last = max((one.iteration for one in table), default=0)
    best = max((one.iteration for one in table if one.returned), default=last)
    greedy, searched = find_series(table, best, "greedy"), find_series(table, last, SEARCH_SELECTOR)
    trained = greedy if best > 0 else None
    strategy = trained.label.split(" iteration ")[0] if trained else "µCode"
    name = f"{strategy} greedy after {f'iteration {best}' if trained else 'the last iteration'}"
    best_of_n = f"{selector_label(SEARCH_SELECTOR)} best of {searched.width if searched else 'N'}"
    base, control = find_series(table, 0, "greedy"), find_series(table, last, "control")
    return [
        _above(store, "training", (name, trained), ("the base model", base)),
        _above(store, "control", (name, trained), ("the control", control)),
        _above(store, "search", (best_of_n, searched), ("greedy", greedy)),
        _verifier(find_series(table, best, ALL_HELD_OUT), best),
    ]


def _above(store: Store, name: str, left: tuple[str, Series | None], right: tuple[str, Series | None]) -> Claim:
    """Is the left search above the right one, each at its last turn?"""
    (left_name, one), (right_name, other) = left, right
    text = f"{left_name} is above {right_name}"
    if one is None or other is None:
        return Claim(name=name, text=text, comparisons=(_missing(left_name, right_name, one is None),))
    sums = [_solved(store, found) for found in (one, other)]
    if not all(sums):
        return Claim(name=name, text=text, comparisons=(_missing(left_name, right_name, not sums[0]),))
    shared = sorted(set(sums[0]) & set(sums[1]))
    first, second = (_table(found, shared) for found in sums)
    return Claim(name=name, text=text, comparisons=(paired_comparison(left_name, right_name, "above", first, second),))


def _missing(left: str, right: str, is_left: bool) -> Comparison:
    missing = f"{left if is_left else right} is not evaluated"
    return Comparison(left=left, right=right, kind="above", estimate=None, missing=missing)


def _solved(store: Store, series: Series) -> dict[str, tuple[float, float]]:
    """Per problem: how many of a series' searches have a right answer after its last turn, of how many known."""
    stage = GREEDY_SEARCHES.get(series.series, SEARCH_BEST_OF_N)
    manifest = store.find(series.iteration, stage.name)
    if manifest is None:
        return {}
    selector = series.series if series.by_selector else "first"
    outcomes = read_search_outcomes(manifest.files().values())
    mine = (one for one in outcomes if (one.selector, one.width) == (selector, series.width))
    return per_problem((one.problem_id, one.label(series.last.turn)) for one in mine)


def _table(found: dict[str, tuple[float, float]], problems: Sequence[str]) -> Solved:
    totals, counts = np.array([found[problem] for problem in problems], float).T
    return Solved(totals[None], counts[None])


def _verifier(series: Series | None, iteration: int) -> Claim:
    """Does the verifier order held-out answers better than a coin, and by enough to matter?"""
    least = PAIR_ACCURACY_AIM - CHANCE
    text = (
        f"the verifier of iteration {iteration} ranks held-out pairs better than chance, "
        f"by at least {100 * least:.0f} points"
    )
    if series is None:
        return Claim(name="verifier", text=text, comparisons=(_missing("the verifier", "chance", True),))
    point = series.last
    one = Comparison(
        left="the verifier",
        right="chance",
        kind="above",
        estimate=Estimate(point.value - CHANCE, point.low - CHANCE, point.high - CHANCE),
        left_value=point.value,
        right_value=CHANCE,
        seeds=1,
        problems=series.n,
        unit="pairs",
        least=least,
    )
    return Claim(name="verifier", text=text, comparisons=(one,))
