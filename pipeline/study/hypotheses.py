"""The paper's claims in small: one row each, with its sentence and what is compared for it.

A row is judged by all of its comparisons (pipeline.evaluation.claims.Claim) and may come out "undecided".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from pipeline.config.losses import BRADLEY_TERRY, CROSS_ENTROPY
from pipeline.evaluation.claims import Claim, Comparison
from pipeline.methods.strategies import BASE_STRATEGY
from pipeline.study.cells.reader import StudyReader
from pipeline.study.comparisons import StudyComparer
from pipeline.study.spec import Study

MARGIN_POINTS = 2
"""Of "at least as good as", in points of accuracy (pipeline.evaluation.statistics.MARGIN)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """`compare` yields what must all hold."""

    text: str
    compare: Callable[[StudyComparer], Iterator[Comparison]]


def _multi_turn_over_single(study: StudyComparer) -> Iterator[Comparison]:
    """Against the model that was trained for one turn; the base model against itself, whose episodes only gain."""
    for strategy, single in (("rft", "star"), ("mucode", "star"), (BASE_STRATEGY, BASE_STRATEGY)):
        last, first = study.searches(strategy, "greedy"), study.searches(single, "greedy", turn=1)
        yield study.compare(last, first, "above", (f"after turn {last.turn}", "after turn 1"))


def _mucode_at_least_rft(study: StudyComparer) -> Iterator[Comparison]:
    return study.compare_strategies("mucode", "rft", "at least")


def _rft_over_base(study: StudyComparer) -> Iterator[Comparison]:
    return study.compare_strategies("rft", BASE_STRATEGY, "above")


def _both_rewards(study: StudyComparer) -> Iterator[Comparison]:
    for other in ("mucode_ov", "mucode_lv"):
        yield study.compare(study.searches("mucode", "pt_lv"), study.searches(other, "pt_lv"), "above")


def _best_of_n_over_greedy(study: StudyComparer) -> Iterator[Comparison]:
    return study.compare_selectors("pt_lv", "greedy", "above")


def _pt_lv_at_least_pt(study: StudyComparer) -> Iterator[Comparison]:
    return study.compare_selectors("pt_lv", "pt", "at least")


def _pt_over_lv(study: StudyComparer) -> Iterator[Comparison]:
    return study.compare_selectors("pt", "lv", "above")


def _lv_over_random(study: StudyComparer) -> Iterator[Comparison]:
    for turn in (1, study.reader.turns):
        yield from study.compare_selectors("lv", "random", "above", turn)


def _bt_against_bce(study: StudyComparer) -> Iterator[Comparison]:
    last = study.reader.turns
    for strategy, (selector, turn) in product((BASE_STRATEGY, "mucode"), (("lv", 1), ("lv", last), ("pt_lv", last))):
        yield study.compare_losses(study.searches(strategy, selector, turn), BRADLEY_TERRY, CROSS_ENTROPY)


def _n_scaling_flattens(study: StudyComparer) -> Iterator[Comparison]:
    drawn = {run.strategy for run in study.reader.runs if run.view == "best_of"}
    return (study.compare_slopes(strategy) for strategy in (BASE_STRATEGY, "mucode") if strategy in drawn)


HYPOTHESES: dict[str, Hypothesis] = {
    "multi_turn_over_single": Hypothesis(text="Several turns are better than one", compare=_multi_turn_over_single),
    "mucode_at_least_rft": Hypothesis(
        text=f"µCode is at least as good as RFT (margin {MARGIN_POINTS} points)", compare=_mucode_at_least_rft
    ),
    "rft_over_base": Hypothesis(
        text="Multi-turn fine-tuning (RFT, Multi-STaR) is better than the base model", compare=_rft_over_base
    ),
    "both_rewards": Hypothesis(
        text="Both rewards together are better than the oracle's or the verifier's alone", compare=_both_rewards
    ),
    "best_of_n_over_greedy": Hypothesis(
        text="Best-of-N with PT+LV is better than greedy", compare=_best_of_n_over_greedy
    ),
    "pt_lv_at_least_pt": Hypothesis(
        text=f"PT+LV selects at least as well as PT (margin {MARGIN_POINTS} points)", compare=_pt_lv_at_least_pt
    ),
    "pt_over_lv": Hypothesis(text="PT selects better than LV", compare=_pt_over_lv),
    "lv_over_random": Hypothesis(text="LV selects better than chance", compare=_lv_over_random),
    "bt_against_bce": Hypothesis(
        text="A verifier trained with Bradley-Terry selects better than one trained with BCE", compare=_bt_against_bce
    ),
    "n_scaling_flattens": Hypothesis(text="The gain from more samples flattens", compare=_n_scaling_flattens),
}


def judge_hypotheses(study: Study, reader: StudyReader) -> list[Claim]:
    """Every hypothesis that the study names, in its order."""
    comparer = StudyComparer(reader)
    return [
        Claim(name=name, text=HYPOTHESES[name].text, comparisons=tuple(HYPOTHESES[name].compare(comparer)))
        for name in study.claims
    ]
