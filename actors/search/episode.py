"""Episodes: what was asked, answered, judged and fed back. Frozen records and their Arrow schema.

One schema serves training rollouts (one answer per turn) and search (N answers per turn, one chosen).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from sandbox.verdict import Outcome, TestResult, Verdict, answer_is_right, is_seed_dependent

SCHEMA_VERSION = 2
"""Version 1 had neither `reason` nor `seed_dependent`; its rows are read as rows without them."""
MaskReason = Literal["infrastructure", "unjudged"]
MASK_COLUMNS = (
    "infrastructure",
    "turns.list.element.answers.list.element.public.verdict",
    "turns.list.element.answers.list.element.private.verdict",
)
"""What tells whether an episode is masked, without its texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One sampled answer. `program` is None if the response holds no code.

    `public` is None if a selector did not need it and it was not run; `private` likewise, and if
    a public failure already settled the label. `score` is the verifier's raw logit, if it was asked;
    `behaviour` what the program did on extra inputs, a digest for each, if it was run on any.
    """

    response: str
    program: str | None
    finish_reason: str
    tokens: int
    public: Outcome | None = None
    private: Outcome | None = None
    score: float | None = None
    behaviour: str | None = None

    @property
    def label(self) -> bool | None:
        return answer_is_right(self.public, self.private)

    @property
    def outcomes(self) -> list[Outcome]:
        """Of the suites that were asked for."""
        return [outcome for outcome in (self.public, self.private) if outcome is not None]

    @property
    def lost(self) -> bool:
        """Whether the sandbox failed."""
        return any(outcome.verdict is Verdict.INFRASTRUCTURE_ERROR for outcome in self.outcomes)

    @property
    def unjudged(self) -> bool:
        """Whether the problem's own tests could not be judged."""
        return any(outcome.verdict is Verdict.UNJUDGED for outcome in self.outcomes)

    @property
    def seed_dependent(self) -> bool | None:
        """Whether it is right under the first seed alone; None if it is not right, or no second seed was tried."""
        return is_seed_dependent(self.public, self.private)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Answers to the kept histories: one in best-of-N, up to the beam's width else.

    `chosen` is the answer on the way to the final one, `feedback` what the model is told of it; "" after the last
    turn. `kept` are the answers that the search kept, best first: `held` is its answer if it ended here. `parents[i]`
    says which answer kept by the turn before answer i continues, as a place in that turn's `kept`.
    `prompt_tokens` sums over the histories; `seed` is that of the history which `chosen` continues.
    """

    answers: tuple[Answer, ...]
    chosen: int
    feedback: str
    prompt_tokens: int
    seed: int
    sample_s: float
    judge_s: float
    kept: tuple[int, ...] = ()
    parents: tuple[int, ...] = ()

    @property
    def answer(self) -> Answer:
        return self.answers[self.chosen]

    @property
    def held(self) -> Answer:
        return self.answers[self.kept[0] if self.kept else self.chosen]

    def continued_by(self, later: "Turn", place: int) -> Answer:
        """The answer of this turn that answer number `place` of the next one continues."""
        return self.answers[self.kept[later.parents[place]]] if self.kept and later.parents else self.answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One conversation about one problem.

    `prompt` is the first user message as the model saw it. `infrastructure` is True if the sandbox
    failed for good; such an episode ends there and teaches nothing, nor does one that is `unjudged`. `width`
    answers were asked for per history, at most `beam` histories kept.
    """

    episode_id: str
    problem_id: str
    iteration: int
    policy_id: str
    verifier_id: str
    selector: str
    sample: int
    prompt: str
    turns: tuple[Turn, ...]
    infrastructure: bool
    width: int = 1
    beam: int = 1

    @property
    def unjudged(self) -> bool:
        """Whether the problem's own tests could not be judged on one of the answers."""
        return any(answer.unjudged for turn in self.turns for answer in turn.answers)

    @property
    def masked(self) -> MaskReason | None:
        """Why nothing is learnt from the episode; None if something is."""
        return "infrastructure" if self.infrastructure else "unjudged" if self.unjudged else None

    def messages(self, turn: int) -> list[dict[str, str]]:
        """The chat that turn `turn` (0-based) answered: user, assistant, user, …, user."""
        messages = [{"role": "user", "content": self.prompt}]
        for past in self.turns[:turn]:
            messages.append({"role": "assistant", "content": past.answer.response})
            messages.append({"role": "user", "content": past.feedback})
        return messages

    def to_row(self) -> dict[str, Any]:
        row = {name: getattr(self, name) for name in self.__slots__}
        row["turns"] = [_turn_row(turn) for turn in self.turns]
        return row

    @classmethod
    def from_row(cls, row: dict[str, Any]) -> "Episode":
        return cls(**{**row, "turns": tuple(_turn(turn) for turn in row["turns"])})


def mask_of_row(row: Mapping[str, Any]) -> MaskReason | None:
    """As `Episode.masked`, of a row with the MASK_COLUMNS."""
    if row["infrastructure"]:
        return "infrastructure"
    answers = (answer for turn in row["turns"] for answer in turn["answers"])
    outcomes = (answer[suite] for answer in answers for suite in ("public", "private"))
    return "unjudged" if any(one and one["verdict"] == Verdict.UNJUDGED for one in outcomes) else None


def _outcome_row(outcome: Outcome | None) -> dict[str, Any] | None:
    if outcome is None:
        return None
    row = {name: getattr(outcome, name) for name in outcome.__slots__}
    row["verdict"] = str(outcome.verdict)
    row["tests"] = [
        {name: getattr(test, name) for name in test.__slots__} | {"verdict": str(test.verdict)}
        for test in outcome.tests
    ]
    return row


def _outcome(row: dict[str, Any] | None) -> Outcome | None:
    if row is None:
        return None
    tests = tuple(TestResult(**{**test, "verdict": Verdict(test["verdict"])}) for test in row["tests"])
    return Outcome(**{**row, "verdict": Verdict(row["verdict"]), "tests": tests})


def _turn_row(turn: Turn) -> dict[str, Any]:
    row = {name: getattr(turn, name) for name in turn.__slots__}
    row["answers"] = [_answer_row(answer) for answer in turn.answers]
    row["kept"], row["parents"] = list(turn.kept), list(turn.parents)
    return row


def _turn(row: dict[str, Any]) -> Turn:
    places = {name: tuple(row.get(name) or ()) for name in ("kept", "parents")}
    return Turn(**{**row, **places, "answers": tuple(_answer(answer) for answer in row["answers"])})


def _answer_row(answer: Answer) -> dict[str, Any]:
    row = {name: getattr(answer, name) for name in answer.__slots__}
    row["public"], row["private"] = _outcome_row(answer.public), _outcome_row(answer.private)
    return row


def _answer(row: dict[str, Any]) -> Answer:
    return Answer(**{**row, "public": _outcome(row["public"]), "private": _outcome(row["private"])})


TEST_TYPE = pa.struct(
    [
        ("index", pa.int32()),
        ("verdict", pa.string()),
        ("message", pa.string()),
        ("reason", pa.string()),
        ("line", pa.int32()),
    ]
)
OUTCOME_TYPE = pa.struct(
    [
        ("verdict", pa.string()),
        ("tests", pa.list_(TEST_TYPE)),
        ("message", pa.string()),
        ("cpu_s", pa.float64()),
        ("wall_s", pa.float64()),
        ("peak_memory_mib", pa.float64()),
        ("box", pa.string()),
        ("attempt", pa.int32()),
        ("seed_dependent", pa.bool_()),
        ("reason", pa.string()),
    ]
)
ANSWER_TYPE = pa.struct(
    [
        ("response", pa.string()),
        ("program", pa.string()),
        ("finish_reason", pa.string()),
        ("tokens", pa.int32()),
        ("public", OUTCOME_TYPE),
        ("private", OUTCOME_TYPE),
        ("score", pa.float64()),
        ("behaviour", pa.string()),
    ]
)
TURN_TYPE = pa.struct(
    [
        ("answers", pa.list_(ANSWER_TYPE)),
        ("chosen", pa.int32()),
        ("feedback", pa.string()),
        ("prompt_tokens", pa.int32()),
        ("seed", pa.int64()),
        ("sample_s", pa.float64()),
        ("judge_s", pa.float64()),
        ("kept", pa.list_(pa.int32())),
        ("parents", pa.list_(pa.int32())),
    ]
)
EPISODE_SCHEMA = pa.schema(
    [
        ("episode_id", pa.string()),
        ("problem_id", pa.string()),
        ("iteration", pa.int32()),
        ("policy_id", pa.string()),
        ("verifier_id", pa.string()),
        ("selector", pa.string()),
        ("sample", pa.int32()),
        ("prompt", pa.string()),
        ("turns", pa.list_(TURN_TYPE)),
        ("infrastructure", pa.bool_()),
        ("width", pa.int32()),
        ("beam", pa.int32()),
    ],
    metadata={"mucode.schema": f"episodes/{SCHEMA_VERSION}"},
)
