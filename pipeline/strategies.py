"""What differs between µCode and its rivals: one table, one row each.

`targets` says which answers may be trained on:
  best      the best answer found for the problem, for every history (µCode's one-step relabelling, eq. 4-5)
  own       a trajectory's own final answer, for its own histories
`keep` says which trajectories lend their histories: all, or only the solved ones.
`oracle` and `verifier` weigh the expert's ranking: R and R_phi; correct first, verifier breaks ties.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """`turns` limits the episodes that are read: 1 sees only first answers."""

    targets: Literal["best", "own"]
    keep: Literal["all", "solved"]
    turns: int | None = None
    oracle: bool = True
    verifier: bool = True


STRATEGIES = {
    "mucode": Strategy(targets="best", keep="all"),
    "mucode_ov": Strategy(targets="best", keep="all", verifier=False),
    "rft": Strategy(targets="own", keep="solved", verifier=False),
    "star": Strategy(targets="own", keep="solved", turns=1, verifier=False),
    "control": Strategy(targets="own", keep="all", oracle=False, verifier=False),
}
