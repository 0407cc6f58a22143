"""What `mucode eval` prints: accuracies by search, pass@k, best of N, and the verifier's AUC."""

from collections.abc import Sequence

from actors.search.selectors import in_table_order, selector_label
from pipeline.evaluation.answer_rates import ANSWER_MEASURES, ANSWERS, AnswerRates, answer_block
from pipeline.evaluation.metric_rows import MetricRow
from pipeline.evaluation.statistics import percent_with_interval

TURNS_PER_LINE = 3


def evaluation_table(rows: Sequence[MetricRow], title: str) -> str:
    """Accuracies in %, with 95 % intervals over problems; at most 100 columns."""
    searches = [row for row in rows if row.metric == "accuracy"]
    turns = max((row.turn for row in searches), default=0)
    lines = ["", title, "accuracy in % with 95 % intervals over problems; tokens and runs are per problem", ""]
    for first in range(1, turns + 1, TURNS_PER_LINE):
        shown = range(first, min(first + TURNS_PER_LINE, turns + 1))
        lines += [*_searches(rows, searches, shown, last=turns), ""]
    lines += answer_block(_answer_rates(rows, searches))
    lines += _first_turn(rows, "pass_at_k", "pass@k, first answers, unbiased")
    lines += _first_turn(rows, "best_of_n", "best of N at turn 1, unbiased (over all choices of N answers)")
    names = {
        "auc": "verifier, AUC over all first answers",
        "auc_within": "verifier, AUC within a problem",
        "unscored": "verifier, first answers too long for it",
    }
    verifier = [row for row in rows if row.metric in names]
    lines += [f"{names[row.metric]:<44}{percent_with_interval(row):<20}{row.n:>6}" for row in verifier]
    masked = max((row.masked for row in searches), default=0)
    left_out = f"{masked} episodes left out: the sandbox failed, or their tests cannot be judged"
    return "\n".join([*lines, left_out] if masked else lines)


def _searches(rows: Sequence[MetricRow], searches: Sequence[MetricRow], turns: range, last: int) -> list[str]:
    keys = _in_order(searches)
    labels = [_label(name, width) for name, width in keys]
    room = max(21, *map(len, labels)) + 1
    head = "".join(f"{f'turn {turn}':<20}" for turn in turns)
    lines = [f"{'':<{room}}{head}{'tokens':>8}{'runs':>5}{'n':>5}"]
    for label, (series, width) in zip(labels, keys, strict=True):
        found = {(row.metric, row.turn): row for row in rows if (row.series, row.width) == (series, width)}
        points = [found.get(("accuracy", turn)) for turn in turns]
        cells = "".join(f"{percent_with_interval(point) if point else '-':<20}" for point in points)
        spent = [found.get((f"accuracy_{what}", last)) for what in ("tokens", "executions")]
        costs = [f"{row.value:.1f}" if row else "-" for row in spent]
        lines.append(f"{label:<{room}}{cells}{costs[0]:>8}{costs[1]:>5}{points[0].n if points[0] else 0:>5}")
    return lines


def _in_order(searches: Sequence[MetricRow]) -> list[tuple[str, int]]:
    """Series and width of each search."""
    order = ["greedy", *in_table_order(row.series for row in searches if row.series != "greedy")]
    return sorted({(row.series, row.width) for row in searches}, key=lambda key: (order.index(key[0]), key[1]))


def _label(name: str, width: int) -> str:
    return name if name == "greedy" else f"best of {width}, {selector_label(name)}"


def _answer_rates(rows: Sequence[MetricRow], searches: Sequence[MetricRow]) -> list[AnswerRates]:
    found = []
    for series, width in _in_order(searches):
        values: dict[str, dict[int, float]] = {}
        for row in rows:
            if row.metric in ANSWER_MEASURES and (row.series, row.width) == (series, width):
                scale = row.n if row.metric == ANSWERS else 1
                values.setdefault(row.metric, {})[row.turn] = row.value * scale
        found.append(AnswerRates(label=_label(series, width), values=values))
    return found


def _first_turn(rows: Sequence[MetricRow], metric: str, title: str) -> list[str]:
    found = [row for row in rows if row.metric == metric]
    if metric == "best_of_n":  # of one answer there is nothing to choose
        found = [row for row in found if row.width > 1 or row.series == "random"]
    lines = [title] if found else []
    for row in found:
        name = row.series if metric == "pass_at_k" else f"best of {row.width}, {selector_label(row.series)}"
        lines.append(f"  {name:<42}{percent_with_interval(row):<20}{row.n:>6}")
    return [*lines, ""] if found else []
