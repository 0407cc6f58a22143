"""What `mucode run` does: claim the directory, reach Ray, iterate, report."""

import json
import time

from pipeline.config.schema import Config
from pipeline.state.environment import environment
from pipeline.state.problems import ProblemSplits
from pipeline.state.store import Store
from pipeline.trackers.console import say


def execute(config: Config, splits: ProblemSplits) -> int:
    """Run or continue `config`'s run. Everything that can be wrong is found before any work is done."""
    from pipeline.preflight.check import check
    from pipeline.state.run import Run
    from pipeline.state.run_directory import claim, require_free, run_root

    started = time.monotonic()
    check(config, splits)
    store = Store(run_root(config))
    require_free(store, config)
    from pipeline.cluster.actor_groups import ActorGroups

    with ActorGroups(config) as actor_groups:
        claim(store, config)
        store.write(json.dumps(environment(), indent=1).encode(), "environment.json")
        say(f"run {store.root}")
        run = Run(config, actor_groups, splits)
        iterate(run)
    return _finish(store, run, time.monotonic() - started)


def iterate(run: "Run") -> None:  # type: ignore[name-defined]  # noqa: F821
    """Every iteration of a run whose directory is claimed, its numbers and spans written as they come."""
    from pipeline.iteration import run_iteration

    try:
        with run.spans.span("run"):
            for iteration in range(run.config.run.iterations + 1):
                run_iteration(run, iteration)
                _publish(run, iteration)
    finally:
        _write_spans(run.store, run.spans.dump())


def _publish(run: "Run", iteration: int) -> None:  # type: ignore[name-defined]  # noqa: F821
    """Rewrite metrics.jsonl from the manifests; derived data, so writing it twice changes nothing."""
    from pipeline.report.series import read_series, series_record

    lines = [json.dumps(series_record(one), default=str) for one in read_series(run.store)]
    run.store.write(("\n".join(lines) + "\n").encode(), "metrics.jsonl")


def _write_spans(store: Store, fresh: bytes) -> None:
    earlier = store.read("spans.jsonl") if store.exists("spans.jsonl") else b""
    store.write(earlier + fresh, "spans.jsonl")


def _finish(store: Store, run: "Run", seconds: float) -> int:  # type: ignore[name-defined]  # noqa: F821
    from pipeline.report.page import write_report
    from pipeline.report.results import print_results

    if not run.ran:
        say(f"nothing left to do: all {run.skipped} stages of {store.root} are finished")
    print(print_results(store), flush=True)
    say(f"report: {write_report(store)}")
    say(f"{len(run.ran)} stages run, {run.skipped} found finished, {seconds:.0f} s")
    return 0
