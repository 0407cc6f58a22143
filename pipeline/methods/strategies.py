"""What differs between µCode and its rivals: one table, a row each.

A field that a row leaves None is the protocol's: where the paper and its released code differ, a row says only
what its method is about. How to add a row: docs/strategies.md.
"""

from dataclasses import dataclass, replace
from typing import Any, Literal

Bound = int | Literal["all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """Which answers are trained on, after which histories.

    A trajectory is an episode cut to `turns` turns (None: as it is). Its histories s_1 … s_t are what its answers
    y_1 … y_t were given to. The value of an answer is oracle_weight·R + verifier_weight·R_phi (eq. 4 of arXiv
    2502.20380), with R = 1 where all tests pass and R_phi the verifier's raw logit.
    """

    target: Literal["best", "state_best", "own_final", "own_next", "own"]
    """best: the expert's choice among the problem's candidates (eq. 4, 5). state_best: its choice among the answers to
    the same history. own_final: the trajectory's y_t. own_next: y_i after s_i. own: one of these two, by protocol."""
    histories: Literal["all", "solved", "top"] = "all"
    """Which trajectories lend theirs: failing ones first, only those that end correct, or the verifier's favourites."""
    turns: int | None = None
    weight: Literal["uniform", "score"] = "uniform"
    """Of an example's loss; score: exp(value of the target), as in RISE (arXiv 2407.18219) with temperature 1."""
    trajectories: Bound | None = None
    """How many lend at most."""
    candidates: Literal["all", "final"] | None = None
    """Which answers the expert chooses from: all, or the last one of each trajectory."""
    ranking: Literal["correct_first", "weighted_sum"] | None = None
    """By value, or correct ones before all others; either way the first found wins a tie."""
    oracle_weight: float | None = None
    verifier_weight: float | None = None
    unsolved: Literal["drop", "best_wrong", "reference"] | None = None
    """What the expert chooses where no candidate is correct, if the oracle counts at all."""
    positives: Literal["relabelled", "own"] | None = None
    """Whether trajectories that end correct get the best answer too, or all of them keep their own, without bound."""


STRATEGIES: dict[str, Strategy] = {
    "mucode": Strategy(target="best"),
    "mucode_ov": Strategy(target="best", verifier_weight=0.0),
    "mucode_lv": Strategy(target="best", oracle_weight=0.0, verifier_weight=1.0),
    "rft": Strategy(target="own", histories="solved", trajectories="all"),
    "rft_lv": Strategy(target="own", histories="top", trajectories=3),
    "star": Strategy(target="own", histories="solved", trajectories="all", turns=1),
    "control": Strategy(target="own", trajectories="all"),
    "rise": Strategy(
        target="state_best",
        trajectories="all",
        candidates="all",
        oracle_weight=1.0,
        verifier_weight=0.1,
        unsolved="best_wrong",
        weight="score",
    ),
    "leap": Strategy(target="best", unsolved="reference"),
}


def under(strategy: Strategy, protocol: Any, trajectories: Bound) -> Strategy:
    """The strategy with what it leaves open filled in from a protocol section and the bound on trajectories."""
    names = ("candidates", "ranking", "oracle_weight", "verifier_weight", "unsolved", "positives")
    settled = {name: getattr(protocol, name) for name in names if getattr(strategy, name) is None}
    if strategy.target == "own":
        settled["target"] = protocol.own_target
    if strategy.trajectories is None:
        settled["trajectories"] = trajectories
    return replace(strategy, **settled)
