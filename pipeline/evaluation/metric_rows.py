"""The rows of a `metrics` stage: evaluated numbers, and the bins behind a verifier's calibration error.

    part 0    metrics/2        one MetricRow each
    part 1    calibration/1    one CalibrationBin each; empty if no verifier's calibration was measured

Runs made before have one part, metrics/1: each bin is two rows of it, `reliability_predicted` and
`reliability_observed`, its number in `turn` and its edges in `low` and `high`. Both are read here, and nowhere else.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any

import pyarrow as pa

from actors.storage.parquet import read_rows
from actors.storage.parts import commit_part
from pipeline.evaluation.verifier_statistics import ReliabilityBin
from pipeline.state.manifest import Manifest

METRIC_PARTS = METRICS_PART, CALIBRATION_PART = 0, 1
_OLD_BINS = "reliability_"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricRow:
    """One number with its 95 % interval. Shares are between 0 and 1; tokens and executions are per problem.

    `turn` counts from 1; 0: not of a turn. `width`: N or k; 0: neither. `n`: known episodes, pairs or answers;
    `masked`: those that are left out because nothing is known of them.
    """

    iteration: int = 0
    metric: str
    series: str
    turn: int = 0
    width: int = 0
    beam: int = 1
    policy_id: str = ""
    verifier_id: str = ""
    value: float
    low: float
    high: float
    n: int
    masked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """Predictions of one verifier between `low` and `high`: how many, their mean, and the share that came true.

    `series`: which held-out answers; `number`: the bin's place among those that are not empty, from 0.
    """

    iteration: int = 0
    series: str
    number: int
    low: float
    high: float
    count: int
    predicted: float
    observed: float


METRIC_SCHEMA = pa.schema(
    [
        ("iteration", pa.int32()),
        ("metric", pa.string()),
        ("series", pa.string()),
        ("turn", pa.int32()),
        ("width", pa.int32()),
        ("beam", pa.int32()),
        ("policy_id", pa.string()),
        ("verifier_id", pa.string()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("n", pa.int32()),
        ("masked", pa.int32()),
    ],
    metadata={"mucode.schema": "metrics/2"},
)
CALIBRATION_SCHEMA = pa.schema(
    [
        ("iteration", pa.int32()),
        ("series", pa.string()),
        ("number", pa.int32()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("count", pa.int32()),
        ("predicted", pa.float64()),
        ("observed", pa.float64()),
    ],
    metadata={"mucode.schema": "calibration/1"},
)


def commit_metrics(directory: str, rows: Iterable[MetricRow], bins: Iterable[CalibrationBin]) -> None:
    """Commit both parts of a `metrics` stage at `directory`."""
    commit_part(directory, METRICS_PART, pa.Table.from_pylist(list(map(asdict, rows)), schema=METRIC_SCHEMA))
    commit_part(directory, CALIBRATION_PART, pa.Table.from_pylist(list(map(asdict, bins)), schema=CALIBRATION_SCHEMA))


def read_metric_rows(manifest: Manifest) -> list[MetricRow]:
    """The rows of a `metrics` stage, in the order in which they were written."""
    names = {field.name for field in fields(MetricRow)}
    return [
        MetricRow(**{name: value for name, value in row.items() if name in names})
        for row in _part(manifest, METRICS_PART)
        if not row["metric"].startswith(_OLD_BINS)
    ]


def read_calibration_bins(manifest: Manifest) -> list[CalibrationBin]:
    """The bins of a `metrics` stage; [] if no verifier's calibration was measured."""
    if CALIBRATION_PART in manifest.files():
        return [CalibrationBin(**row) for row in _part(manifest, CALIBRATION_PART)]
    return _bins_of_metrics_1(_part(manifest, METRICS_PART))


def read_reliability(manifest: Manifest, series: str) -> list[ReliabilityBin]:
    """The bins behind the calibration error of one series; [] if it has none."""
    found = [one for one in read_calibration_bins(manifest) if one.series == series]
    return [
        ReliabilityBin(low=one.low, high=one.high, count=one.count, predicted=one.predicted, observed=one.observed)
        for one in sorted(found, key=lambda one: one.number)
    ]


def _part(manifest: Manifest, number: int) -> list[dict[str, Any]]:
    files = manifest.files()
    return list(read_rows([files[number]])) if number in files else []


def _bins_of_metrics_1(rows: Iterable[dict[str, Any]]) -> list[CalibrationBin]:
    found: dict[tuple[str, int], dict[str, dict[str, Any]]] = {}
    for row in rows:
        if row["metric"].startswith(_OLD_BINS):
            place = found.setdefault((row["series"], row["turn"]), {})
            place[row["metric"].removeprefix(_OLD_BINS)] = row
    return [
        CalibrationBin(
            iteration=both["observed"]["iteration"],
            series=series,
            number=number,
            low=both["observed"]["low"],
            high=both["observed"]["high"],
            count=both["observed"]["n"],
            predicted=both["predicted"]["value"],
            observed=both["observed"]["value"],
        )
        for (series, number), both in found.items()
    ]
