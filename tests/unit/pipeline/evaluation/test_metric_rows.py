"""Rows of `metrics` stages, of this version and of runs made before."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from actors.storage.parts import commit_part
from pipeline.evaluation.metric_rows import (
    METRIC_SCHEMA,
    CalibrationBin,
    MetricRow,
    commit_metrics,
    read_calibration_bins,
    read_metric_rows,
    read_reliability,
)
from pipeline.evaluation.verifier_statistics import ReliabilityBin
from pipeline.state.manifest import Manifest
from pipeline.state.store import Store
from tests.support.small_run import commit_stage, finish

ROW = MetricRow(metric="accuracy", series="greedy", turn=1, width=1, value=0.5, low=0.4, high=0.6, n=9, masked=1)
BINS = [
    CalibrationBin(series="held_out_pairs", number=0, low=0.5, high=0.75, count=7, predicted=0.6, observed=0.55),
    CalibrationBin(series="held_out_pairs", number=1, low=0.75, high=1.0, count=8, predicted=0.9, observed=0.97),
    CalibrationBin(series="own_pairs", number=0, low=0.5, high=0.75, count=3, predicted=0.7, observed=1.0),
]
RELIABILITY = [
    ReliabilityBin(low=0.5, high=0.75, count=7, predicted=0.6, observed=0.55),
    ReliabilityBin(low=0.75, high=1.0, count=8, predicted=0.9, observed=0.97),
]


def test_rows_and_bins_are_tables_of_their_own(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "new"))
    commit_metrics(store.directory(0, "metrics"), [ROW], BINS)
    manifest = commit_stage(store, 0, "metrics")
    assert read_metric_rows(manifest) == [ROW]
    assert read_calibration_bins(manifest) == BINS
    assert read_reliability(manifest, "held_out_pairs") == RELIABILITY
    assert read_reliability(manifest, "base_pairs") == []


def finish_metrics_1(store: Store) -> Manifest:
    """As runs made before wrote it: each bin is two rows, its number in `turn`, its edges in `low` and `high`."""
    rows: list[dict[str, Any]] = [asdict(ROW)]
    for one in BINS:
        for what, value in (("predicted", one.predicted), ("observed", one.observed)):
            edges = {"low": one.low, "high": one.high, "n": one.count, "masked": 0, "turn": one.number}
            found = {"metric": f"reliability_{what}", "series": one.series, "width": 0, "value": value, **edges}
            rows.append({**asdict(ROW), **found})
    schema = METRIC_SCHEMA.with_metadata({"mucode.schema": "metrics/1"})
    return finish(store, 0, "metrics", [(rows, schema, {})])


def test_runs_made_before_are_read_alike(tmp_path: Path) -> None:
    manifest = finish_metrics_1(Store(str(tmp_path / "old")))
    assert read_metric_rows(manifest) == [ROW]
    assert read_calibration_bins(manifest) == BINS
    assert read_reliability(manifest, "held_out_pairs") == RELIABILITY


def test_a_column_of_a_later_version_is_not_in_the_way(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "later"))
    schema = METRIC_SCHEMA.append(pa.field("more", pa.string()))
    commit_part(store.directory(0, "metrics"), 0, pa.Table.from_pylist([{**asdict(ROW), "more": "x"}], schema=schema))
    manifest = commit_stage(store, 0, "metrics")
    assert read_metric_rows(manifest) == [ROW]
    assert read_calibration_bins(manifest) == []
