"""What reports say of a run's verifiers: their metrics side by side, their scores, and whether to believe them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from actors.storage.parquet import read_batches, read_rows
from pipeline.evaluation.statistics import Bin, percent
from pipeline.evaluation.verifier_metrics import MEASURES
from pipeline.state.manifest import Manifest
from pipeline.state.problems import HELD_OUT_FIRST

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class VerifierRow:
    """One verifier on one series of held-out answers: a point per metric that is known of it."""

    label: str
    pairs: int
    points: dict[str, Row]


def verifier_table(table: Sequence[Row]) -> list[VerifierRow]:
    """In the order of the table."""
    found: dict[tuple[int, str], list[Row]] = {}
    for row in table:
        if row["metric"] in MEASURES:
            found.setdefault((row["iteration"], row["series"]), []).append(row)
    return [
        VerifierRow(
            label=rows[0]["label"],
            pairs=max((row["n"] for row in rows if row["metric"] == "pair_accuracy"), default=0),
            points={row["metric"]: row["turns"][0] for row in rows},
        )
        for rows in found.values()
    ]


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Counts of right and of wrong answers between consecutive `edges`."""

    edges: list[float]
    right: list[int]
    wrong: list[int]


def score_histogram(manifest: Manifest, bins: int = 32) -> Histogram | None:
    """Histogram of the held-out answers of a `scores` stage, streamed twice: for its range, then for its counts.

    The other answers were trained on. None where no held-out answer has a score.
    """
    held_out = [file for bucket, file in manifest.files().items() if bucket >= HELD_OUT_FIRST]
    low, high = np.inf, -np.inf
    for batch in read_batches(held_out, ["score"]):
        extent = pc.min_max(batch.column("score"))
        if extent["min"].is_valid:
            low, high = min(low, extent["min"].as_py()), max(high, extent["max"].as_py())
    if not np.isfinite([low, high]).all():
        return None
    edges = np.linspace(low, high if high > low else low + 1, bins + 1)
    counts = {True: np.zeros(bins, int), False: np.zeros(bins, int)}
    for batch in read_batches(held_out, ["label", "score"]):
        for label in counts:
            scores = batch.filter(pc.equal(batch.column("label"), label)).column("score")
            counts[label] += np.histogram(scores.to_numpy(zero_copy_only=False), edges)[0]
    return Histogram(edges=edges.tolist(), right=counts[True].tolist(), wrong=counts[False].tolist())


def reliability_bins(manifest: Manifest, series: str) -> list[Bin]:
    """The table behind the calibration error of one series, of a `metrics` stage; empty where it has none."""
    found: dict[int, dict[str, Row]] = {}
    for row in read_rows(manifest.files().values()):
        if row["series"] == series and row["metric"].startswith("reliability_"):
            found.setdefault(row["turn"], {})[row["metric"].removeprefix("reliability_")] = row
    return [
        Bin(
            low=one["observed"]["low"],
            high=one["observed"]["high"],
            count=one["observed"]["n"],
            predicted=one["predicted"]["value"],
            observed=one["observed"]["value"],
        )
        for _, one in sorted(found.items())
    ]


def verifier_block(rows: Sequence[VerifierRow]) -> list[str]:
    """Verifiers in %, pairs with their interval; the others are in metrics.jsonl with theirs."""
    if not rows:
        return []
    names = {name: text for name, text in MEASURES.items() if any(name in row.points for row in rows)}
    names.pop("pair_accuracy", None)
    head = "".join(f"{text:>{_width(text)}}" for text in names.values())
    lines = [f"{'verifiers, on held-out answers':<38}{MEASURES['pair_accuracy']:<18}{'n':>5}{head}"]
    for row in rows:
        pairs = percent(row.points["pair_accuracy"]) if "pair_accuracy" in row.points else "-"
        cells = [f"{100 * row.points[name]['value']:.1f}" if name in row.points else "-" for name in names]
        others = "".join(f"{cell:>{_width(text)}}" for cell, text in zip(cells, names.values(), strict=True))
        lines.append(f"{row.label:<38}{pairs:<18}{row.pairs:>5}{others}")
    return lines


def _width(text: str) -> int:
    return max(len(text) + 2, 6)
