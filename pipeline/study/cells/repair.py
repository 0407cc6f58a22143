"""Repair: what the turns after the first add, an outcome of its own beside how often the first answer is right."""

from dataclasses import replace

from pipeline.evaluation.claims import Comparison, Kind, paired_comparison
from pipeline.evaluation.intervals import mean_interval, share_interval
from pipeline.evaluation.statistics import Estimate
from pipeline.study.cells.outcomes import OutcomeMatrix, SearchSlice, StudyOutcomes


def added_interval(outcomes: StudyOutcomes, part: SearchSlice) -> Estimate | None:
    """Share of problems that are solved after `part.turn` less that after turn 1; None if it is not there yet."""
    found = _added(outcomes, part)
    return None if found is None else mean_interval(found.totals, found.counts)


def repaired_interval(outcomes: StudyOutcomes, part: SearchSlice) -> Estimate | None:
    """Of the problems that are not solved after turn 1, the share that is after `part.turn`: of searches that end at a
    right answer, as greedy ones do."""
    first, added = outcomes.matrix(replace(part, turn=1)), _added(outcomes, part)
    if first is None or added is None:
        return None
    unsolved = first.counts - first.totals
    return share_interval(added.totals, unsolved) if unsolved.any() else None


def compare_repair(
    outcomes: StudyOutcomes, left: SearchSlice, right: SearchSlice, kind: Kind, names: tuple[str, str]
) -> Comparison:
    """What later turns add to one search, less what they add to another, on the same problems and seeds."""
    shared = tuple(seed for seed in outcomes.seeds(left) if seed in outcomes.seeds(right))
    one, other = (_added(outcomes, replace(part, seeds=shared)) if shared else None for part in (left, right))
    if one is None or other is None:
        return Comparison(left=names[0], right=names[1], kind=kind, estimate=None)
    return paired_comparison(*names, kind, one, other)


def _added(outcomes: StudyOutcomes, part: SearchSlice) -> OutcomeMatrix | None:
    first, last = outcomes.matrix(replace(part, turn=1)), outcomes.matrix(part)
    if first is None or last is None:
        return None
    return replace(last, totals=last.totals - first.totals)
