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


def _open_wandb(root: str) -> Tracker:
    from pipeline.trackers.wandb import WandbTracker

    return WandbTracker(root)


def _check_wandb(root: str) -> None:
    from pipeline.trackers.wandb import check_account

    check_account(root)


def _open_mlflow(root: str) -> Tracker:
    from pipeline.trackers.mlflow import MlflowTracker

    return MlflowTracker(root)


def _check_mlflow(root: str) -> None:
    from pipeline.trackers.mlflow import check_store

    check_store(root)


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
        "wandb": TrackerKind(
            title="a run at Weights & Biases, or under wandb/ with WANDB_MODE=offline",
            open=_open_wandb,
            modules=("wandb",),
            extra="wandb",
            check=_check_wandb,
        ),
        "mlflow": TrackerKind(
            title="a run of MLflow, in mlflow.db or where MLFLOW_TRACKING_URI says",
            open=_open_mlflow,
            modules=("mlflow", "sqlalchemy", "alembic"),
            extra="mlflow",
            check=_check_mlflow,
        ),
    },
)


def check_trackers(names: Iterable[str], root: str) -> None:
    """Raise TrackerError for the first of `run.trackers` that cannot be opened on the run directory `root`: its package
    is not installed, or its own check refuses. Plug-ins are not imported."""
    for name in names:
        if name not in TRACKERS:
            continue
        kind = TRACKERS[name]
        for module in kind.modules:
            if importlib.util.find_spec(module) is None:
                raise TrackerError(
                    f"run.trackers holds {name!r}, which needs the package {module}: install mucode with the extra "
                    f"{kind.extra!r}, or take {name!r} out of run.trackers"
                )
        if kind.check is not None:
            kind.check(root)
