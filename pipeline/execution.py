"""Every iteration of one run, its numbers and spans written as they come: what `mucode run` and a study share."""

import json

from pipeline.iteration import run_iteration
from pipeline.report.series import read_series, series_record
from pipeline.state.run import Run
from pipeline.state.store import Store


def execute_iterations(run: Run) -> None:
    """Execute or continue a run whose directory is claimed."""
    try:
        with run.spans.span("run"):
            for iteration in range(run.config.run.iterations + 1):
                run_iteration(run, iteration)
                _write_metrics(run.store)
    finally:
        _append_spans(run.store, run.spans.dump())


def _write_metrics(store: Store) -> None:
    """metrics.jsonl from the manifests; derived data, so writing it twice changes nothing."""
    lines = [json.dumps(series_record(one), default=str) for one in read_series(store)]
    store.write(("\n".join(lines) + "\n").encode(), "metrics.jsonl")


def _append_spans(store: Store, fresh: bytes) -> None:
    earlier = store.read("spans.jsonl") if store.exists("spans.jsonl") else b""
    store.write(earlier + fresh, "spans.jsonl")
