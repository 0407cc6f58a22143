"""What a study will cost: its stages, and the time that those take which are not finished."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from pipeline.stages.generator import POLICY
from pipeline.stages.sampling import EPISODES
from pipeline.stages.search import SEARCH_RATE
from pipeline.stages.verifier import VERIFIER
from pipeline.state.problems import ProblemSplits
from pipeline.state.stage import Rate
from pipeline.state.store import Store
from pipeline.study.dry_run import StageForecast, UnreadSplits, forecast_stages
from pipeline.study.runs import StudyRun
from pipeline.study.spec import Study


def seconds_left(forecasts: Iterable[StageForecast]) -> float:
    """Of the stages that are not finished, at the rates of those that are, else at the rates of their rows."""
    spent: dict[Rate, float] = defaultdict(float)
    worked: dict[Rate, float] = defaultdict(float)
    todo: dict[Rate, float] = defaultdict(float)
    for one in forecasts:
        rate = one.stage.rate
        if one.done is None:
            todo[rate] += one.units
        else:
            spent[rate] += one.done.seconds
            worked[rate] += one.units
    return sum(units * (spent[rate] / worked[rate] if worked[rate] else rate.seconds) for rate, units in todo.items())


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
        f"{finished} of them are finished; the others take about {duration_text(seconds_left(forecasts.values()))}"
        + (f" one by one; {study.lanes} worker processes share that" if study.lanes > 1 else ""),
    ]
    return "\n".join(lines)


def _run_groups(runs: Sequence[StudyRun]) -> list[str]:
    """A table of the runs, a line for those that differ in nothing but their seeds."""
    groups: dict[tuple[str, str, str], list[StudyRun]] = {}
    for run in runs:
        groups.setdefault((run.view, run.strategy, run.loss), []).append(run)
    lines = [f"{'runs':<18}{'strategy':<12}{'loss':<6}seeds"]
    for (view, strategy, loss), group in groups.items():
        seeds = ", ".join(str(seed) for seed in sorted({run.seed for run in group}))
        lines.append(f"{len(group):<4}{view:<14}{strategy:<12}{loss:<6}{seeds}")
    return lines


def duration_text(seconds: float) -> str:
    """In the largest units that fit: 99 s, 12 min, 1 h 05 min."""
    minutes = round(seconds / 60)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
