"""The paper's claims in small: one row each, with its sentence and what is compared for it.

A row is judged by all of its comparisons (pipeline.evaluation.claims.Claim) and may come out "undecided".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from pipeline.config.losses import BRADLEY_TERRY, CROSS_ENTROPY
from pipeline.evaluation.claims import Claim, Comparison
from pipeline.methods.strategies import BASE_STRATEGY, CONTROL_STRATEGY
from pipeline.study.cells.budgets import EQUAL_COSTS, compare_at_equal_cost
from pipeline.study.cells.reader import StudyReader
from pipeline.study.cells.repair import compare_repair
from pipeline.study.comparisons import StudyComparer, search_name
from pipeline.study.inference import claims
from pipeline.study.spec import Study

WIDE_STAR, FRESH_VERIFIER = "star+wide", "mucode+fresh_verifier"
"""Methods as a study file calls them: STaR with as many answers as strategies of several turns read, and µCode whose
verifier begins from the base model. "drop" is a variant that drops unsolved problems."""
MARGIN_POINTS = 2
"""Of "at least as good as", in points of accuracy (pipeline.evaluation.statistics.MARGIN)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """`compare` yields what must all hold. `default`: tested if a study file names no claims."""

    text: str
    compare: Callable[[StudyComparer], Iterator[Comparison]]
    default: bool = True


def _multi_turn_over_single(study: StudyComparer) -> Iterator[Comparison]:
    """Against models that were trained for one turn, on as many answers if the study has such; the base model against
    itself, whose episodes only gain."""
    trained = [name for name in ("star", WIDE_STAR) if name in study.reader.methods] or ["star"]
    for method, single in [*product(("rft", "mucode"), trained), (BASE_STRATEGY, BASE_STRATEGY)]:
        last, first = study.searches(method, "greedy"), study.searches(single, "greedy", turn=1)
        yield study.compare(last, first, "above", (f"after turn {last.turn}", "after turn 1"))


def _repair_over_base(study: StudyComparer) -> Iterator[Comparison]:
    """Of greedy answers: what the turns after the first add, for the trained methods that the study has."""
    for method in ("rft", "mucode"):
        if method in study.reader.methods:
            left, right = (study.searches(one, "greedy") for one in (method, BASE_STRATEGY))
            names = (search_name(left, f"added by turns 2 to {left.turn}"), search_name(right, "likewise"))
            yield compare_repair(study.reader.outcomes, left, right, "above", names)


def _turns_over_samples(study: StudyComparer) -> Iterator[Comparison]:
    drawn = dict.fromkeys(run.method for run in study.reader.view("one_turn"))
    for method, cost in product(drawn or (BASE_STRATEGY, "mucode"), EQUAL_COSTS):
        several = study.searches(method, study.reader.best_selector(method))
        yield compare_at_equal_cost(study.reader, several, cost, search_name(several))


def _mucode_at_least_rft(study: StudyComparer) -> Iterator[Comparison]:
    return study.compare_methods("mucode", "rft", "at least")


def _rft_over_base(study: StudyComparer) -> Iterator[Comparison]:
    return study.compare_methods("rft", BASE_STRATEGY, "above")


def _trained_over_control(study: StudyComparer) -> Iterator[Comparison]:
    for method in [name for name in ("rft", "mucode") if name in study.reader.methods] or ["mucode"]:
        yield from study.compare_methods(method, CONTROL_STRATEGY, "above")


def _both_rewards(study: StudyComparer) -> Iterator[Comparison]:
    for other in ("mucode_ov", "mucode_lv"):
        yield study.compare(study.searches("mucode", "pt_lv"), study.searches(other, "pt_lv"), "above")


def _both_rewards_drop(study: StudyComparer) -> Iterator[Comparison]:
    return study.compare_methods("mucode+drop", "mucode_ov+drop", "above")


def _warm_verifier(study: StudyComparer) -> Iterator[Comparison]:
    for selector in ("lv", "pt_lv"):
        yield study.compare(study.searches("mucode", selector), study.searches(FRESH_VERIFIER, selector), "above")


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
    for method, (selector, turn) in product((BASE_STRATEGY, "mucode"), (("lv", 1), ("lv", last), ("pt_lv", last))):
        yield study.compare_losses(study.searches(method, selector, turn), BRADLEY_TERRY, CROSS_ENTROPY)


def _n_scaling_flattens(study: StudyComparer) -> Iterator[Comparison]:
    drawn = {run.method for run in study.reader.runs if run.view == "best_of"}
    return (study.compare_slopes(method) for method in (BASE_STRATEGY, "mucode") if method in drawn)


HYPOTHESES: dict[str, Hypothesis] = {
    "multi_turn_over_single": Hypothesis(text="Several turns are better than one", compare=_multi_turn_over_single),
    "repair_over_base": Hypothesis(
        text="Training makes repair better: later turns add more than they add to the base model",
        compare=_repair_over_base,
    ),
    "mucode_at_least_rft": Hypothesis(
        text=f"µCode is at least as good as RFT (margin {MARGIN_POINTS} points)", compare=_mucode_at_least_rft
    ),
    "rft_over_base": Hypothesis(
        text="Multi-turn fine-tuning (RFT, Multi-STaR) is better than the base model", compare=_rft_over_base
    ),
    "trained_over_control": Hypothesis(
        text="RFT and µCode are better than more training on unfiltered episodes", compare=_trained_over_control
    ),
    "turns_over_samples": Hypothesis(
        text="Several turns are better than one turn that costs as much", compare=_turns_over_samples
    ),
    "both_rewards": Hypothesis(
        text="Both rewards together are better than the oracle's or the verifier's alone", compare=_both_rewards
    ),
    "both_rewards_drop": Hypothesis(
        text="Both rewards together are better than the oracle's alone, where unsolved problems are dropped",
        compare=_both_rewards_drop,
    ),
    "warm_verifier": Hypothesis(
        text="µCode is better with a verifier that begins warm than with one that begins from the base model",
        compare=_warm_verifier,
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
    "pt_over_random": Hypothesis(text="PT selects better than chance", compare=claims.pt_over_random, default=False),
    "oracle_over_pt": Hypothesis(
        text="There is something left to choose: the oracle selects better than PT",
        compare=claims.oracle_over_pt,
        default=False,
    ),
    "agreement_at_least_pt": Hypothesis(
        text=f"Agreement on extra inputs selects at least as well as PT (margin {MARGIN_POINTS} points)",
        compare=claims.agreement_at_least_pt,
        default=False,
    ),
    "feedback_over_verdict": Hypothesis(
        text="Feedback repairs more than being told that it failed", compare=claims.feedback_over_verdict, default=False
    ),
    "feedback_over_foreign": Hypothesis(
        text="Feedback repairs more than another problem's message", compare=claims.feedback_over_foreign, default=False
    ),
}


def judge_hypotheses(study: Study, reader: StudyReader) -> list[Claim]:
    """Every hypothesis that the study names, in its order."""
    comparer = StudyComparer(reader)
    return [
        Claim(name=name, text=HYPOTHESES[name].text, comparisons=tuple(HYPOTHESES[name].compare(comparer)))
        for name in study.claims
    ]
