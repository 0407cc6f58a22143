"""The paper's claims in small: each a few paired contrasts with intervals, and a verdict that may be "undecided"."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Literal

import numpy as np

from actors.search.selectors import selector_label
from pipeline.evaluation.best_of_n import best_of_n_values
from pipeline.evaluation.statistics import (
    MARGIN,
    Estimate,
    Verdict,
    interval,
    non_inferior,
    paired_difference,
    superior,
)
from pipeline.study.outcomes import Cut, Outcomes
from pipeline.study.spec import BASE, ClaimName, Study, main_settings

BOOTSTRAP_SEED = 0
Kind = Literal["above", "at least"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """`left` - `right` on the problems and seeds that both have. `estimate` is None where one is not there."""

    left: str
    right: str
    kind: Kind
    estimate: Estimate | None
    seeds: int = 0
    problems: int = 0

    @property
    def verdict(self) -> Verdict | None:
        if self.estimate is None:
            return None
        return superior(self.estimate) if self.kind == "above" else non_inferior(self.estimate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Holds where all of its contrasts hold; does not where one does not; None where none could be tested."""

    name: ClaimName
    text: str
    contrasts: tuple[Contrast, ...]

    @property
    def verdict(self) -> Verdict | None:
        found = [contrast.verdict for contrast in self.contrasts if contrast.verdict is not None]
        if not found:
            return None
        if "does not hold" in found:
            return "does not hold"
        return "holds" if set(found) == {"holds"} and len(found) == len(self.contrasts) else "undecided"


TEXTS: dict[ClaimName, str] = {
    "multi_turn_over_single": "Several turns are better than one",
    "rft_over_base": "Multi-turn fine-tuning (RFT, Multi-STaR) is better than the base model",
    "mucode_at_least_rft": f"µCode is at least as good as RFT (margin {100 * MARGIN:g} points)",
    "both_rewards": "Both rewards together are better than the oracle's or the verifier's alone",
    "best_of_n_over_greedy": "Best-of-N with PT+LV is better than greedy",
    "pt_lv_at_least_pt": f"PT+LV selects at least as well as PT (margin {100 * MARGIN:g} points)",
    "pt_over_lv": "PT selects better than LV",
    "lv_over_random": "LV selects better than chance",
    "bt_against_bce": "A verifier trained with Bradley-Terry selects better than one trained with BCE",
    "n_scaling_flattens": "The gain from more samples flattens",
}
LABELS = {
    BASE: "base",
    "star": "STaR",
    "rft": "RFT",
    "rft_lv": "RFT-LV",
    "mucode": "µCode",
    "mucode_ov": "µCode-OV",
    "mucode_lv": "µCode-LV",
}


def label(strategy: str) -> str:
    return LABELS.get(strategy, strategy)


def judge(study: Study, outcomes: Outcomes) -> list[Claim]:
    """Every claim that the study names, in its order."""
    tester = _Tester(outcomes, main_settings(outcomes.cells).turns)
    return [Claim(name=name, text=TEXTS[name], contrasts=tuple(getattr(tester, name)())) for name in study.claims]


class _Tester:
    """One method per claim; `turns` is the last turn of the main searches."""

    def __init__(self, outcomes: Outcomes, turns: int) -> None:
        self.outcomes, self.turns = outcomes, turns
        self.strategies = {cell.strategy for cell in outcomes.cells}
        losses = [cell.loss for cell in outcomes.cells if cell.view == "main"]
        self.loss = "bt" if "bt" in losses or not losses else losses[0]

    def multi_turn_over_single(self) -> Iterator[Contrast]:
        """Against the model that was trained for one turn; the base model against itself, whose episodes only gain."""
        for strategy, single in (("rft", "star"), ("mucode", "star"), (BASE, BASE)):
            last, first = self.cut(strategy, "greedy"), self.cut(single, "greedy", turn=1)
            yield self.contrast(last, first, "above", f"after turn {self.turns}", "after turn 1")

    def rft_over_base(self) -> Iterator[Contrast]:
        yield from self.both("rft", BASE, "above")

    def mucode_at_least_rft(self) -> Iterator[Contrast]:
        yield from self.both("mucode", "rft", "at least")

    def both_rewards(self) -> Iterator[Contrast]:
        for other in ("mucode_ov", "mucode_lv"):
            yield self.contrast(self.cut("mucode", "pt_lv"), self.cut(other, "pt_lv"), "above")

    def best_of_n_over_greedy(self) -> Iterator[Contrast]:
        yield from self.selectors("pt_lv", "greedy", "above")

    def pt_lv_at_least_pt(self) -> Iterator[Contrast]:
        yield from self.selectors("pt_lv", "pt", "at least")

    def pt_over_lv(self) -> Iterator[Contrast]:
        yield from self.selectors("pt", "lv", "above")

    def lv_over_random(self) -> Iterator[Contrast]:
        for turn in (1, self.turns):
            yield from self.selectors("lv", "random", "above", turn)

    def bt_against_bce(self) -> Iterator[Contrast]:
        selections = (("lv", 1), ("lv", self.turns), ("pt_lv", self.turns))
        for strategy, (selector, turn) in product((BASE, "mucode"), selections):
            bt = replace(self.cut(strategy, selector, turn), loss="bt")
            named = f"{label(strategy)}, {selector_label(selector)}, turn {turn}, "
            yield self.contrast(bt, replace(bt, loss="bce"), "above", f"{named}BT", f"{named}BCE", named=True)

    def n_scaling_flattens(self) -> Iterator[Contrast]:
        """The gain from the first half of the curve less that from its second half: (m - f) - (l - m)."""
        found = {cell.strategy for cell in self.outcomes.cells if cell.view == "best_of"}
        for strategy in (BASE, "mucode"):
            if strategy in found:
                yield self.flattening(strategy)

    # ---- what they are made of ------------------------------------------------------------------------------------

    def cut(self, strategy: str, selector: str, turn: int | None = None) -> Cut:
        return Cut(strategy=strategy, selector=selector, turn=turn or self.turns, loss=self.loss)

    def both(self, left: str, right: str, kind: Kind) -> Iterator[Contrast]:
        """Greedy, and best-of-N with PT+LV."""
        for selector in ("greedy", "pt_lv"):
            yield self.contrast(self.cut(left, selector), self.cut(right, selector), kind)

    def selectors(self, left: str, right: str, kind: Kind, turn: int | None = None) -> Iterator[Contrast]:
        for strategy in [name for name in (BASE, "rft", "mucode") if name in self.strategies]:
            after = f"after turn {turn}" if turn else ""
            yield self.contrast(self.cut(strategy, left, turn), self.cut(strategy, right, turn), kind, after, after)

    def contrast(
        self, left: Cut, right: Cut, kind: Kind, left_note: str = "", right_note: str = "", named: bool = False
    ) -> Contrast:
        one, other = (
            note if named else f"{label(cut.strategy)}, {selector_label(cut.selector)}{f', {note}' if note else ''}"
            for cut, note in ((left, left_note), (right, right_note))
        )
        found = self.outcomes.pair(left, right)
        if found is None:
            return Contrast(left=one, right=other, kind=kind, estimate=None)
        first, second = found
        seeds, problems = first.counts.shape
        difference = paired_difference(first.totals, first.counts, second.totals, second.counts, BOOTSTRAP_SEED)
        return Contrast(left=one, right=other, kind=kind, estimate=difference, seeds=seeds, problems=problems)

    def flattening(self, strategy: str) -> Contrast:
        cells = [cell for cell in self.outcomes.cells if cell.view == "best_of" and cell.strategy == strategy]
        widths = best_of_n_values(cells[0].config)
        middle = widths[(len(widths) - 1) // 2]
        left = f"{label(strategy)}, gain from N = {widths[0]} to {middle}"
        right = f"gain from N = {middle} to {widths[-1]}"
        points = [
            self.outcomes.matrix(replace(self.cut(strategy, "pt_lv"), view="best_of", width=width))
            for width in (widths[0], middle, widths[-1])
        ]
        known = [point for point in points if point is not None]
        if len(widths) < 3 or len(known) < 3 or len({point.totals.shape for point in known}) > 1:
            return Contrast(left=left, right=right, kind="above", estimate=None)
        first, half, last = (point.totals for point in known)
        counts = np.prod([point.counts for point in known], axis=0)
        gains = interval((2 * half - first - last) * counts, counts, seed=BOOTSTRAP_SEED)
        seeds, problems = counts.shape
        return Contrast(left=left, right=right, kind="above", estimate=gains, seeds=seeds, problems=problems)
