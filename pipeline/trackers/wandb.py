"""The tracker that tells Weights & Biases: one run there for all starts of a run directory, with scalars.py's names.

`WANDB_MODE=offline` keeps all on this machine, for `wandb sync`. Project, entity, group and server are those of W&B's
own variables (`WANDB_PROJECT`, …). Of this machine little is told: no command line, no git remote, no output, no load.
"""

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.trackers.console import say
from pipeline.trackers.scalars import iteration_scalars, stage_scalars, step_scalars, training_folder
from pipeline.trackers.status_file import current_ending
from pipeline.trackers.told import TrackingFile
from pipeline.trackers.tracker import MetricRecord, RunInfo, StageSummary, TrackerError, TrainingStep

if TYPE_CHECKING:
    import wandb

NAME = "wandb"
PROJECT = "mucode"
INIT_DEADLINE_S, FINISH_DEADLINE_S = 30.0, 10.0
"""For the server's first answer, and for what is not uploaded at the end; that stays on the disk for `wandb sync`."""
FLUSH_EVERY_S = 1.0
"""To the disk: what was told in the last second before a SIGKILL is lost."""
KEPT_HERE = ("offline", "dryrun", "disabled")
"""Modes that need no account."""
EXIT_CODES = {"finished": 0, "failed": 1, "interrupted": 130}


def check_account(root: str) -> None:
    """Raise TrackerError if W&B would have to ask for a key. Asks neither a person nor the network."""
    import wandb
    from wandb.errors import AuthenticationError

    settings = wandb.setup(wandb.Settings(silent=True)).settings
    if settings.mode in KEPT_HERE:
        return
    try:
        found, why = wandb.login(prompt=False, verify=False), "finds no key"
    except AuthenticationError as error:
        found, why = False, f"takes no such key ({error})"
    if not found:
        raise TrackerError(
            f"run.trackers holds 'wandb', and W&B {why}: set WANDB_API_KEY, or WANDB_MODE=offline to keep the run's "
            "records on this machine for `wandb sync`, or take 'wandb' out of run.trackers"
        )


class WandbTracker:
    """`root`: the run directory, below which W&B keeps its files; those of an address go where W&B puts them itself,
    `WANDB_DIR` or the working directory."""

    def __init__(self, root: str) -> None:
        check_account(root)
        self._root = root
        self._step = TrackingFile(root).told(NAME).events
        self._axes: set[str] = set()
        self._run: wandb.Run | None = None

    def run_started(self, info: RunInfo) -> None:
        import wandb

        self._run = wandb.init(
            project=os.environ.get("WANDB_PROJECT") or PROJECT,
            name=info.name,
            id=info.run_id,
            resume="allow",
            dir=None if "://" in self._root or os.environ.get("WANDB_DIR") else self._root,
            config=dict(info.settings),
            allow_val_change=True,
            settings=_settings(),
        )
        if self._run.url:
            say(f"W&B: {self._run.url}")
        elif self._run.settings.mode != "disabled":
            say(f"W&B keeps the records in {self._run.settings.sync_dir}, for `wandb sync`")

    def training_step(self, step: TrainingStep) -> None:
        folder = training_folder(step.iteration)
        values = {f"{folder}/{name}": value for name, value in step_scalars(step).items()}
        self._log(values, f"{folder}/{step.stage}/step", step.step)

    def stage_finished(self, summary: StageSummary) -> None:
        self._log(stage_scalars(summary), "iteration", summary.iteration)

    def iteration_finished(self, iteration: int, rows: Sequence[MetricRecord]) -> None:
        self._log(iteration_scalars(iteration, rows), "iteration", iteration)

    def close(self) -> None:
        if self._run is not None:
            self._run.finish(exit_code=EXIT_CODES[current_ending()])

    def _log(self, values: Mapping[str, float], axis: str, at: int) -> None:
        """One record for each event, numbered over all starts: one that is told twice falls on itself."""
        assert self._run is not None, "told before run_started"
        for name in values.keys() - self._axes:
            self._run.define_metric(name, step_metric=axis)
            self._axes.add(name)
        self._run.log({**values, axis: at}, step=self._step, commit=True)
        self._step += 1


def _settings() -> "wandb.Settings":
    """Nothing is printed or asked, nothing of this machine is told, and no wait is endless."""
    import wandb

    return wandb.Settings(
        silent=True,
        console="off",
        save_code=False,
        disable_code=True,
        disable_git=True,
        symlink=False,
        x_disable_meta=True,
        x_disable_stats=True,
        x_transaction_log_flush_interval=FLUSH_EVERY_S,
        init_timeout=INIT_DEADLINE_S,
        finish_timeout=FINISH_DEADLINE_S,
    )
