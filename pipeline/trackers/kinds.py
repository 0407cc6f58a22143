"""The table of trackers, for `run.trackers`."""

import importlib.util
from collections.abc import Iterable

from pipeline.trackers.tracker import Tracker, TrackerError, TrackerKind
from sandbox.registry import Registry


def _open_console(root: str) -> Tracker:
    from pipeline.trackers.console import ConsoleTracker

    return ConsoleTracker()


def _open_jsonl(root: str) -> Tracker:
    from pipeline.trackers.jsonl import JsonlTracker

    return JsonlTracker(root)


def _open_tensorboard(root: str) -> Tracker:
    from pipeline.trackers.tensorboard import TensorBoardTracker

    return TensorBoardTracker(root)


def _open_prometheus(root: str) -> Tracker:
    from pipeline.trackers.prometheus import PrometheusTracker

    return PrometheusTracker()


TRACKERS: Registry[TrackerKind] = Registry(
    "tracker",
    TrackerKind,
    {
        "console": TrackerKind(title="lines on standard output", open=_open_console),
        "jsonl": TrackerKind(title="metrics.jsonl, spans.jsonl and events.jsonl", open=_open_jsonl),
        "tensorboard": TrackerKind(
            title="event files under tensorboard/",
            open=_open_tensorboard,
            modules=("torch", "tensorboard"),
            extra="tensorboard",
        ),
        "prometheus": TrackerKind(
            title="counters and gauges on the Prometheus port of Ray's node", open=_open_prometheus, modules=("ray",)
        ),
    },
)


def check_trackers(names: Iterable[str]) -> None:
    """Raise TrackerError for the first of `run.trackers` whose package is not installed; plug-ins are not imported."""
    for name in names:
        if name not in TRACKERS:
            continue
        for module in TRACKERS[name].modules:
            if importlib.util.find_spec(module) is None:
                raise TrackerError(
                    f"run.trackers holds {name!r}, which needs the package {module}: install mucode with the extra "
                    f"{TRACKERS[name].extra!r}, or take {name!r} out of run.trackers"
                )
