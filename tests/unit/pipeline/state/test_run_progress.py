"""How far a run is, and how long the rest takes."""

from pipeline.state.run_progress import PlannedStage, RunProgress
from pipeline.state.stage import Rate, Stage, StageOutput

SLOW, QUICK = Rate(name="slow", seconds=2.0), Rate(name="quick", seconds=0.5)


def stage(name: str, rate: Rate) -> Stage:
    return Stage(name=name, title=name, config_fields=(), function=lambda context: StageOutput(), rate=rate)


def test_time_left_is_at_the_rates_of_what_is_finished() -> None:
    sample, learn = stage("sample", SLOW), stage("learn", QUICK)
    plan = [
        PlannedStage(stage=step, iteration=iteration, units=10.0) for iteration in (0, 1) for step in (sample, learn)
    ]
    progress = RunProgress(plan)
    assert (progress.total, progress.number(1, sample), progress.number(2, sample)) == (4, 3, None)
    assert progress.seconds_left() == 2 * (20.0 + 5.0)  # nothing is known but the rows' own rates
    progress.finish(0, sample, 30.0)  # 3 s per unit
    assert progress.seconds_left() == 30.0 + 2 * 5.0
    progress.finish(0, sample, 30.0)  # said twice, it counts once
    progress.finish(2, sample, 30.0)  # not planned
    assert progress.seconds_left() == 30.0 + 2 * 5.0


def test_the_time_of_later_stages_is_known_once_each_kind_was_finished() -> None:
    sample, learn = stage("sample", SLOW), stage("learn", QUICK)
    plan = [
        PlannedStage(stage=step, iteration=iteration, units=10.0) for iteration in (0, 1) for step in (sample, learn)
    ]
    progress = RunProgress(plan)
    assert progress.measured_seconds_after(0, sample) is None
    progress.finish(0, sample, 30.0)
    assert progress.measured_seconds_after(0, learn) is None
    assert progress.measured_seconds_after(1, learn) is None, "learn is left in iteration 0"
    progress.finish(0, learn, 10.0)
    assert progress.measured_seconds_after(1, sample) == 10.0
    assert progress.measured_seconds_after(1, learn) == 30.0
    progress.finish(1, sample, 30.0)
    assert progress.measured_seconds_after(1, learn) == 0.0
    assert RunProgress([]).measured_seconds_after(0, sample) is None
