"""What a study will cost: its stages, and the time that those take which are not finished."""

from collections import Counter
from collections.abc import Collection, Sequence

from pipeline.stages.generator import POLICY
from pipeline.stages.sampling import EPISODES
from pipeline.stages.search import SEARCH_RATE
from pipeline.stages.verifier import VERIFIER
from pipeline.state.problems import ProblemSplits
from pipeline.state.run_progress import estimate_seconds
from pipeline.state.store import Store
from pipeline.study.dry_run import StageForecast, UnreadSplits, forecast_stages
from pipeline.study.runs import StudyRun
from pipeline.study.spec import Study
from pipeline.trackers.console import short_duration


def time_left(forecasts: Collection[StageForecast]) -> str:
    """Of the stages that are not finished, for people."""
    done = [(one, one.done.seconds) for one in forecasts if one.done is not None]
    return short_duration(estimate_seconds([one for one in forecasts if one.done is None], done))


def describe_study(study: Study, runs: Sequence[StudyRun]) -> str:
    """The runs, what they share, and the time it will take."""
    begun = Store(study.directory).exists("study.json")
    forecasts = forecast_stages(runs, ProblemSplits() if begun else UnreadSplits())
    asked = sum(len(one.runs) for one in forecasts.values())
    finished = sum(one.done is not None for one in forecasts.values())
    kinds = Counter(one.stage.name for one in forecasts.values())
    trainings = kinds[POLICY.name] + kinds[VERIFIER.name]
    searches = sum(one.stage.rate is SEARCH_RATE for one in forecasts.values())
    lines = [
        f"study {study.name} in {study.directory}",
        "",
        *_run_groups(runs),
        "",
        f"{len(runs)} runs ask for {asked} stages, of which {len(forecasts)} are distinct: "
        f"{kinds[EPISODES.name]} times episodes, {trainings} trainings, {searches} searches",
        f"{finished} of them are finished; the others take about {time_left(forecasts.values())}"
        + (f" one by one; {study.lanes} worker processes share that" if study.lanes > 1 else ""),
    ]
    return "\n".join(lines)


def _run_groups(runs: Sequence[StudyRun]) -> list[str]:
    """A table of the runs, a line for those that differ in nothing but their seeds."""
    groups: dict[tuple[str, str, str], list[StudyRun]] = {}
    for run in runs:
        groups.setdefault((run.view, run.method, run.loss), []).append(run)
    wide = max(12, *(len(method) + 2 for _, method, _ in groups))
    lines = [f"{'runs':<18}{'method':<{wide}}{'loss':<6}seeds"]
    for (view, method, loss), group in groups.items():
        seeds = ", ".join(str(seed) for seed in sorted({run.seed for run in group}))
        lines.append(f"{len(group):<4}{view:<14}{method:<{wide}}{loss:<6}{seeds}")
    return lines
