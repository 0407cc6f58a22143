"""Comparisons of a model's searches without training: selectors on one set of samples, and what feedback is worth."""

from collections.abc import Iterator

from pipeline.evaluation.claims import Comparison
from pipeline.methods.strategies import BASE_STRATEGY
from pipeline.study.comparisons import StudyComparer

BARE_VERDICT, FOREIGN = f"{BASE_STRATEGY}+verdict", f"{BASE_STRATEGY}+foreign"
"""Methods as a study file calls them: the same searches, where the model is told that it failed and no more, or the
message of another problem (the feedback styles of these names)."""


def pt_over_random(study: StudyComparer) -> Iterator[Comparison]:
    """At the first turn, where both choose among the same answers."""
    return study.compare_selectors("pt", "random", "above", 1)


def oracle_over_pt(study: StudyComparer) -> Iterator[Comparison]:
    """What is left for anything that chooses among the same answers: a verifier, or agreement."""
    return study.compare_selectors("oracle", "pt", "above", 1)


def agreement_at_least_pt(study: StudyComparer) -> Iterator[Comparison]:
    for selector in ("cluster", "mbr"):
        yield from study.compare_selectors(selector, "pt", "at least", 1)


def feedback_over_verdict(study: StudyComparer) -> Iterator[Comparison]:
    return _over_control(study, BARE_VERDICT)


def feedback_over_foreign(study: StudyComparer) -> Iterator[Comparison]:
    return _over_control(study, FOREIGN)


def _over_control(study: StudyComparer, control: str) -> Iterator[Comparison]:
    """Greedy and best-of-N with PT, after the last turn; first turns are the same on both sides."""
    for selector in ("greedy", "pt"):
        yield study.compare(study.searches(BASE_STRATEGY, selector), study.searches(control, selector), "above")
