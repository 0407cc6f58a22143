"""What differs between µCode and its rivals: one table, a row each.

A field that a row leaves None is the protocol's: a row says only what its method is about, not what the paper and its
released code do differently. How to add a row: docs/strategies.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol

from sandbox.registry import Registry

if TYPE_CHECKING:
    from actors.search.episode import Episode
    from pipeline.methods.states import DropReason, ExpertView, State, Target

TrajectoryBound = int | Literal["all"]
METHOD_FIELDS = (
    *("target", "histories", "turns", "weight", "trajectories", "candidates", "ranking", "oracle_weight"),
    *("verifier_weight", "unsolved", "positives"),
)
"""The fields of `Strategy` that stand in a stage's identity."""
LEFT_TO_PROTOCOL = ("candidates", "ranking", "oracle_weight", "verifier_weight", "unsolved", "positives")


class ProtocolChoices(Protocol):
    """What a strategy leaves to the protocol: the settings of the section [protocol] that have these names."""

    @property
    def candidates(self) -> Literal["all", "final"]: ...
    @property
    def ranking(self) -> Literal["correct_first", "weighted_sum"]: ...
    @property
    def oracle_weight(self) -> float: ...
    @property
    def verifier_weight(self) -> float: ...
    @property
    def unsolved(self) -> Literal["drop", "best_wrong", "reference"]: ...
    @property
    def positives(self) -> Literal["relabelled", "own"]: ...
    @property
    def own_target(self) -> Literal["own_final", "own_next"]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Strategy:
    """Which answers are trained on, after which histories.

    A trajectory is an episode cut to `turns` turns (None: as it is). Its histories s_1 … s_t are what its answers
    y_1 … y_t were given to. The value of an answer is oracle_weight·R + verifier_weight·R_phi (eq. 4 of arXiv
    2502.20380), with R = 1 if all tests pass, else 0, and R_phi the verifier's raw logit.
    """

    label: str = ""
    """As in the paper's tables; a row without one is shown by its name."""
    description: str = ""
    """One line: what is trained on."""
    trains: bool = True
    """False: the base model as it is; no generator is trained."""
    target: Literal["best", "state_best", "own_final", "own_next", "own"] = "best"
    """best: the expert's choice among the problem's candidates (eq. 4, 5). state_best: its choice among the answers to
    the same history. own_final: the trajectory's y_t. own_next: y_i after s_i. own: one of these two, by protocol."""
    histories: Literal["all", "solved", "top"] = "all"
    """Which trajectories are trained on: failing ones first, only those that end correct, or the verifier's
    favourites."""
    turns: int | None = None
    weight: Literal["uniform", "score"] = "uniform"
    """Of an example's loss; score: exp(value of the target)."""
    trajectories: TrajectoryBound | None = None
    """How many trajectories of a problem are trained on at most."""
    candidates: Literal["all", "final"] | None = None
    """Which answers the expert chooses from: all, or the last one of each trajectory."""
    ranking: Literal["correct_first", "weighted_sum"] | None = None
    """By value, or correct ones before all others; either way the first found wins a tie."""
    oracle_weight: float | None = None
    verifier_weight: float | None = None
    unsolved: Literal["drop", "best_wrong", "reference"] | None = None
    """What the expert chooses if no candidate is correct and the oracle counts."""
    positives: Literal["relabelled", "own"] | None = None
    """Whether trajectories that end correct get the best answer too, or all of them keep their own, without bound."""
    select_trajectories: Callable[[Sequence["Episode"], "ExpertView"], Sequence["Episode"]] | None = None
    """Instead of `histories`, `trajectories` and `positives`: of a problem's trajectories those to train on, in order.
    The expert has their scores."""
    choose_target: Callable[["State", "ExpertView"], "Target | DropReason"] | None = None
    """Instead of `target`: what this history is trained to answer, or the reason why it is not."""

    def method_fields(self) -> dict[str, object]:
        """The fields that decide what is trained on. Names, texts and functions are not among them: a stage's identity
        holds a digest of these fields, so a further one would change the identity of every stage that was made."""
        return {name: getattr(self, name) for name in METHOD_FIELDS}

    @property
    def needs_scores(self) -> bool:
        """Whether the verifier has a say in what is trained on. Of a strategy that leaves nothing open."""
        if self.select_trajectories is not None or self.choose_target is not None or self.histories == "top":
            return True
        ranks = self.target in ("best", "state_best") or self.trajectories != "all" or self.weight == "score"
        return ranks and bool(self.verifier_weight)

    def completed(self, protocol: ProtocolChoices, trajectories: TrajectoryBound) -> "Strategy":
        """This strategy with what it leaves open filled in from the protocol and the bound on trajectories."""
        filled = {name: getattr(protocol, name) for name in LEFT_TO_PROTOCOL if getattr(self, name) is None}
        if self.target == "own":
            filled["target"] = protocol.own_target
        if self.trajectories is None:
            filled["trajectories"] = trajectories
        return replace(self, **filled)


RISE_TEMPERATURE = 0.4
"""Of the weights exp(R / temperature), as the released code of arXiv 2407.18219 has it by default."""
BASE_STRATEGY, CONTROL_STRATEGY = "base", "control"
STRATEGIES: Registry[Strategy] = Registry(
    "strategy",
    Strategy,
    {
        "mucode": Strategy(
            label="µCode",
            description="every history of a problem gets the best answer found for it (eq. 5)",
            target="best",
        ),
        "mucode_ov": Strategy(
            label="µCode-OV",
            description="as mucode, with the oracle alone",
            target="best",
            verifier_weight=0.0,
        ),
        "mucode_lv": Strategy(
            label="µCode-LV",
            description="as mucode, with the learned verifier alone",
            target="best",
            oracle_weight=0.0,
            verifier_weight=1.0,
        ),
        "rft": Strategy(
            label="RFT",
            description="trajectories that end correct keep their own answers (Multi-STaR)",
            target="own",
            histories="solved",
            trajectories="all",
        ),
        "rft_lv": Strategy(
            label="RFT-LV",
            description="the verifier's three favourite trajectories of a problem keep their own answers",
            target="own",
            histories="top",
            trajectories=3,
        ),
        "star": Strategy(
            label="STaR",
            description="correct first answers only",
            target="own",
            histories="solved",
            trajectories="all",
            turns=1,
        ),
        CONTROL_STRATEGY: Strategy(
            label="control",
            description="every trajectory keeps its own answers, unfiltered: what more training alone does",
            target="own",
            trajectories="all",
        ),
        "rise": Strategy(
            label="RISE-like",
            description="each history gets the best of the answers to it, right or wrong, weighted by exp(R / 0.4)",
            target="state_best",
            trajectories="all",
            candidates="all",
            oracle_weight=1 / RISE_TEMPERATURE,
            verifier_weight=0.0,
            unsolved="best_wrong",
            weight="score",
        ),
        "leap": Strategy(
            label="LEAP-like",
            description="as mucode; if no sampled answer is correct, the reference solution",
            target="best",
            unsolved="reference",
        ),
        BASE_STRATEGY: Strategy(
            label="base",
            description="the model as it is: no generator is trained",
            trains=False,
        ),
    },
    plural="strategies",
)


def strategy_label(name: str) -> str:
    """How tables and figures call a strategy. Imports nothing, of plug-ins either."""
    return STRATEGIES.label(name)


def trains_generator(name: str) -> bool:
    """Whether runs of this strategy fine-tune. Imports nothing: one of another package is believed to."""
    return name not in STRATEGIES or STRATEGIES[name].trains
