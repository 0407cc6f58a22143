"""The runs of a study one after the other, with the same actors."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from pipeline.execution import begin_run, execute_iterations
from pipeline.integrity.before_work import require_intact
from pipeline.retention.before_work import require_checkpoints
from pipeline.state.failures import ended_in_the_middle
from pipeline.state.lease.holding import held_lease
from pipeline.state.problems import ProblemSplits
from pipeline.state.run import Run
from pipeline.study.dry_run import forecast_stages
from pipeline.study.forecast import time_left
from pipeline.study.runs import StudyRun
from pipeline.trackers.console import say

if TYPE_CHECKING:
    from pipeline.cluster.actor_groups import ActorGroups


class StageTally(NamedTuple):
    """How many stages were run, and how many were found finished."""

    ran: int
    skipped: int

    def plus(self, other: "StageTally") -> "StageTally":
        return StageTally(self.ran + other.ran, self.skipped + other.skipped)


def execute_sequentially(runs: Sequence[StudyRun], actor_groups: "ActorGroups") -> StageTally:
    """Execute or continue every run."""
    splits = ProblemSplits()
    tally = StageTally(0, 0)
    for number, study_run in enumerate(runs, 1):
        left = time_left(forecast_stages(runs, splits).values())
        say(f"run {number} of {len(runs)}: {study_run.name}, about {left} left")
        run = Run(study_run.config, actor_groups, splits)
        with ended_in_the_middle(partial(bool, tally.ran)), held_lease(run.store, run.config.run.lease_s):
            require_intact(run.store, run.config)
            require_checkpoints(run.store, run.config)
            begin_run(run)
            execute_iterations(run)
        tally = tally.plus(StageTally(len(run.ran), run.skipped))
    return tally
