"""What reports say of a run's verifiers: their metrics side by side, their scores, and whether to believe them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from actors.storage.parquet import read_batches
from pipeline.evaluation.statistics import percent_with_interval
from pipeline.evaluation.verifier_metrics import MEASURES
from pipeline.report.series import Series, SeriesPoint
from pipeline.state.manifest import Manifest


@dataclass(frozen=True, kw_only=True)
class VerifierRow:
    """One verifier on one series of held-out answers: a point per metric that is known of it."""

    label: str
    pairs: int
    points: dict[str, SeriesPoint]


def verifier_table(table: Sequence[Series]) -> list[VerifierRow]:
    """In the order of the table."""
    found: dict[tuple[int, str], list[Series]] = {}
    for one in table:
        if one.metric in MEASURES:
            found.setdefault((one.iteration, one.series), []).append(one)
    return [
        VerifierRow(
            label=measured[0].label,
            pairs=max((one.n for one in measured if one.metric == "pair_accuracy"), default=0),
            points={one.metric: one.last for one in measured},
        )
        for measured in found.values()
    ]


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Counts of right and of wrong answers between consecutive `edges`."""

    edges: list[float]
    right: list[int]
    wrong: list[int]


def score_histogram(manifest: Manifest, held_out: Manifest, bins: int = 32) -> Histogram | None:
    """Histogram of the `held_out` answers of a `scores` stage, streamed twice: for its range, then for its counts.

    The other answers were trained on. None if no held-out answer has a score.
    """
    parts = held_out.files()
    files = [file for part, file in manifest.files().items() if part in parts]
    low, high = np.inf, -np.inf
    for batch in read_batches(files, ["score"]):
        extent = pc.min_max(batch.column("score"))
        if extent["min"].is_valid:
            low, high = min(low, extent["min"].as_py()), max(high, extent["max"].as_py())
    if not np.isfinite([low, high]).all():
        return None
    edges = np.linspace(low, high if high > low else low + 1, bins + 1)
    counts = {True: np.zeros(bins, int), False: np.zeros(bins, int)}
    for batch in read_batches(files, ["label", "score"]):
        for label in counts:
            scores = batch.filter(pc.equal(batch.column("label"), label)).column("score")
            counts[label] += np.histogram(scores.to_numpy(zero_copy_only=False), edges)[0]
    return Histogram(edges=edges.tolist(), right=counts[True].tolist(), wrong=counts[False].tolist())


def verifier_block(rows: Sequence[VerifierRow]) -> list[str]:
    """Verifiers in %, pairs with their interval; the others are in metrics.jsonl with theirs."""
    if not rows:
        return []
    names = {name: text for name, text in MEASURES.items() if any(name in row.points for row in rows)}
    names.pop("pair_accuracy", None)
    head = "".join(f"{text:>{_width(text)}}" for text in names.values())
    lines = [f"{'verifiers, on held-out answers':<38}{MEASURES['pair_accuracy']:<18}{'n':>5}{head}"]
    for row in rows:
        pairs = percent_with_interval(row.points["pair_accuracy"]) if "pair_accuracy" in row.points else "-"
        cells = [f"{100 * row.points[name].value:.1f}" if name in row.points else "-" for name in names]
        others = "".join(f"{cell:>{_width(text)}}" for cell, text in zip(cells, names.values(), strict=True))
        lines.append(f"{row.label:<38}{pairs:<18}{row.pairs:>5}{others}")
    return lines


def _width(text: str) -> int:
    return max(len(text) + 2, 6)
