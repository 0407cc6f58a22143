"""Best-of-N curves of a run, from the metric rows of a best-of-N evaluation."""

from collections.abc import Sequence

from actors.search.selectors import in_table_order
from pipeline.evaluation.best_of_n import is_selector_series
from pipeline.evaluation.metric_rows import MetricRow, read_metric_rows
from pipeline.report.charts import Bar
from pipeline.stages.metrics import METRICS
from pipeline.state.manifest import Manifest

Line = tuple[str, list[tuple[float, Bar]]]


def best_of_n_curves(manifests: Sequence[Manifest]) -> list[Line]:
    """Accuracy over N of each selector after the last turn, of the last iteration with searches at several N; else [].

    N = 1 has nothing to choose: it is one row, which begins every line.
    """
    for manifest in reversed([manifest for manifest in manifests if manifest.stage == METRICS.name]):
        rows = [row for row in read_metric_rows(manifest) if is_selector_series(row.metric, row.series)]
        last = max((row.turn for row in rows), default=0)
        rows = sorted((row for row in rows if row.turn == last), key=lambda row: row.width)
        one = [row for row in rows if row.width == 1]
        names = in_table_order(row.series for row in rows if row.width > 1)
        if names and len({row.width for row in rows}) > 1:
            return [(name, [_point(row) for row in [*one, *_wide(rows, name)]]) for name in names]
    return []


def _wide(rows: list[MetricRow], name: str) -> list[MetricRow]:
    return [row for row in rows if row.series == name and row.width != 1]


def _point(row: MetricRow) -> tuple[float, Bar]:
    return row.width, Bar(value=row.value, low=row.low, high=row.high)
