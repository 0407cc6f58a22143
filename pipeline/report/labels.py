"""What series are called in tables and pictures, and in which order they stand.

A strategy or selector that is not installed here goes by its name: reading a run never imports a plug-in.
"""

from collections.abc import Iterable

from actors.search.selectors import RESERVED_NAMES, in_table_order, selector_label
from pipeline.evaluation.verifier_metrics import MEASURES, RANKED
from pipeline.methods.strategies import BASE_STRATEGY, CONTROL_STRATEGY, strategy_label


def series_order(selectors: Iterable[str]) -> list[str]:
    """Searches of one answer per turn, best-of-N searches by selector, then the sets that verifiers are measured on."""
    return [*RESERVED_NAMES, *in_table_order(selectors), *RANKED]


def series_label(metric: str, series: str, iteration: int, width: int, strategy: str) -> str:
    """`strategy`: the label of the run's strategy; `width`: N."""
    if metric in MEASURES:
        return f"verifier {iteration}, {RANKED.get(series, 'first test answers')}"
    if series == "greedy":
        return (
            f"{strategy} iteration {iteration}, greedy"
            if iteration
            else f"{strategy_label(BASE_STRATEGY)} model, greedy"
        )
    if series == "validation":
        return f"iteration {iteration}, on validation"
    if series == CONTROL_STRATEGY:
        return f"{strategy_label(CONTROL_STRATEGY)}, greedy"
    return f"best of {width}, {selector_label(series)}"
