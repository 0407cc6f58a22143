"""What a verifier learns from pairs of answers: one row per loss, from which its data and its checks follow.

How to add one: a function from the rewards of the better and the worse answers to one loss per pair, and a row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifierLoss:
    """`compute(chosen, rejected, reward_l2)`: rewards (P,) of the better and the worse answer -> losses (P,).

    `pairs` says how training pairs are drawn (pipeline/methods/pairs.py). `calibrated_on` says what the loss makes a
    probability: that the better answer of a pair is better, or that an answer is right. `labels`: it needs to know
    which answers are right, not only which is better.
    """

    label: str
    description: str
    compute: Callable[["Tensor", "Tensor", float], "Tensor"]
    pairs: Literal["product", "matching"]
    calibrated_on: Literal["pairs", "answers"]
    labels: bool


def bradley_terry(chosen: "Tensor", rejected: "Tensor", reward_l2: float) -> "Tensor":
    """(P,) -log sigmoid(r+ - r-) (eq. 3 of arXiv 2502.20380) + reward_l2 · (r+² + r-²) / 2 (its released code)."""
    from torch.nn import functional

    return -functional.logsigmoid(chosen - rejected) + reward_l2 * (chosen.square() + rejected.square()) / 2


def cross_entropy(chosen: "Tensor", rejected: "Tensor", reward_l2: float = 0.0) -> "Tensor":
    """(P,) mean of -log sigmoid(r+) and -log(1 - sigmoid(r-)): eq. 2, each answer judged alone, without L2."""
    from torch.nn import functional

    return -(functional.logsigmoid(chosen) + functional.logsigmoid(-rejected)) / 2


BRADLEY_TERRY, CROSS_ENTROPY = "bt", "bce"
LOSSES: dict[str, VerifierLoss] = {
    BRADLEY_TERRY: VerifierLoss(
        label="BT",
        description="Bradley-Terry: the reward of the better answer of a pair rises above the other's",
        compute=bradley_terry,
        pairs="product",
        calibrated_on="pairs",
        labels=False,
    ),
    CROSS_ENTROPY: VerifierLoss(
        label="BCE",
        description="binary cross-entropy: each answer is judged right or wrong by itself",
        compute=cross_entropy,
        pairs="matching",
        calibrated_on="answers",
        labels=True,
    ),
}
