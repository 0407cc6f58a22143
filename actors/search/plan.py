"""What to sample: the plan of a search, a shard of work, and the ids and seeds that follow from them alone."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from actors.ids import stable_id, stable_seed
from actors.prompting.dialogue import build_dialogue
from actors.prompting.feedback import FEEDBACK_STYLES
from actors.search.selectors import SELECTORS
from sandbox.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPlan:
    """The sampling identity of episodes: every field changes what is sampled or recorded.

    Each turn samples `width` answers to each of the at most `beam` histories that were kept, so a search costs at
    most width + (turns - 1) · beam · width answers; `beam` 1 is multi-turn best-of-N (arXiv 2502.20380, algorithm 2).
    `judge_all` judges every answer on public and private tests, and scores it if there is a verifier (best-of-N
    curves, oracle gaps); it never changes what is chosen. `no_repeat`: a program that already failed in this search is
    not chosen if there is another one. `stop`: an episode ends at the first pass of the public tests, or only of all
    tests, as an oracle would end it.
    `alone`: a generator plays one such episode at a time, and its prompts are computed afresh, so that rounding does
    not depend on what else is in a batch.
    `every_test` runs every test of a judged answer, past the first that fails: partial passes, for dense pairs.
    """

    turns: int = 3
    width: int = 1
    beam: int = 1
    selector: str = "first"
    temperature: float = 0.8
    top_p: float = 1.0
    max_tokens: int = 256
    seed: int = 0
    no_repeat: bool = False
    judge_all: bool = False
    every_test: bool = False
    alone: bool = False
    style: str = "bare"
    feedback: str = "values"
    show_tests: bool = True
    stop: Literal["public", "all"] = "public"

    def __post_init__(self) -> None:
        SELECTORS.check(self.selector)
        build_dialogue(self.style, self.feedback, self.show_tests)
        if min(self.turns, self.width, self.beam, self.max_tokens) < 1:
            raise ValueError(f"turns, width, beam and max_tokens must be at least 1: {self}")
        if self.beam > self.width:
            raise ValueError(
                f"a beam of {self.beam} cannot be kept from {self.width} answers; raise width or lower beam"
            )
        if self.temperature == 0 and self.width > 1:
            raise ValueError(f"temperature 0 gives one answer, not {self.width}; use width 1 or a temperature above 0")

    @property
    def needs_stranger(self) -> bool:
        """Whether its feedback tells of another problem."""
        return FEEDBACK_STYLES[self.feedback].foreign


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Some problems × samples: the work of one committed part, whose number is `part`.

    `strangers`: for each problem the other one that a foreign feedback style tells of; () if no plan has such a style.
    """

    part: int
    problems: tuple[Problem, ...]
    samples: range
    strangers: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        return len(self.problems) * len(self.samples)

    def __repr__(self) -> str:
        ids = f"{self.problems[0].problem_id}…{self.problems[-1].problem_id}" if self.problems else "nothing"
        return f"shard {self.part} ({len(self.problems)} problems {ids}, samples {self.samples})"


def episode_id(
    policy_id: str, verifier_id: str, plan: SearchPlan, problem: Problem, sample: int, stranger: Problem | None = None
) -> str:
    """The same for the same samples of the same weights, wherever and in whatever run they are drawn."""
    told = [stranger.digest()] if stranger and plan.needs_stranger else []
    return stable_id(policy_id, verifier_id, asdict(plan), problem.digest(), sample, *told)


def turn_seed(
    policy_id: str, plan: SearchPlan, problem_id: str, sample: int, messages: Sequence[dict[str, str]]
) -> int:
    """Equal histories ask for equal answers whatever the selector (common random numbers)."""
    turn = len(messages) // 2
    return stable_seed(policy_id, plan.seed, problem_id, sample, stable_id(list(messages)), turn)
