"""The funnel of a run: from sampled episodes to pairs and training examples, and what was dropped on the way.

Counts come from manifests; verdicts are streamed, their columns only.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from actors.storage.parquet import read_batches
from pipeline.methods.relabel import DROPPED
from pipeline.state.manifest import Manifest
from sandbox.verdict import Verdict, settling_verdict

Row = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One step of the funnel in one iteration: every one of `total` is in exactly one of `parts`."""

    stage: str
    title: str
    iteration: int
    total: int
    parts: dict[str, int]
    extras: dict[str, int]

    @property
    def adds_up(self) -> bool:
        return self.total == sum(self.parts.values())


PAIRS = (
    *("problems_with_pairs", "problems_without_right_answer", "problems_without_wrong_answer"),
    "problems_without_margin",
)
HISTORIES = ("examples", *DROPPED)
EXAMPLES = ("problems_with_examples", "problems_unsolved", "problems_without_usable_trajectory")
LENT = ("episodes", "episodes_masked_infrastructure", "examples_kept")
ENDINGS = ("ended_passed", "ended_turns", "ended_context", "ended_infrastructure")
ANSWERS = ("answers_judged", "answers_unjudged", "answers_infrastructure")
FUNNEL = (
    ("episodes", "Episodes, by why sampling ended", "episodes", ENDINGS, ("turns", "tokens")),
    ("episodes", "Answers sampled", "answers", ANSWERS, ("no_program", "cut_short")),
    ("pairs", "Problems to verifier pairs", "problems", PAIRS, ("pairs",)),
    ("examples", "Problems to training examples", "problems", EXAMPLES, LENT),
    ("examples", "Histories to training examples", "histories", HISTORIES, ("examples_from_reference",)),
    ("control_examples", "Problems to training examples, control", "problems", EXAMPLES, LENT),
    ("control_examples", "Histories to training examples, control", "histories", HISTORIES, ()),
)
"""Stage, title, and its counts: a total, the parts that it is the sum of, and what came of it."""
VERDICTS_TITLE = "Episodes, by final verdict"
ENDS = (*(str(verdict) for verdict in Verdict), "not_judged")
UNJUDGED = (str(Verdict.INFRASTRUCTURE_ERROR), "not_judged")
_ANSWERS = "turns.list.element.answers.list.element"
VERDICT_COLUMNS = [
    "infrastructure",
    "turns.list.element.chosen",
    f"{_ANSWERS}.public.verdict",
    f"{_ANSWERS}.private.verdict",
]


def funnel(manifests: Sequence[Manifest]) -> list[Step]:
    """From sampled episodes to pairs and training examples, with what was dropped on the way and why."""
    sampled = [manifest for manifest in manifests if manifest.stage == "episodes"]
    steps = [_verdict_step(manifest) for manifest in sampled]
    for stage, title, total, parts, extras in FUNNEL:
        for manifest in manifests:
            counts = manifest.counts
            if manifest.stage == stage and total in counts:
                split, came = ({name: counts.get(name, 0) for name in names} for names in (parts, extras))
                steps.append(Step(stage, title, manifest.iteration, counts[total], split, came))
    return steps


def _verdict_step(manifest: Manifest) -> Step:
    """How the episodes of a stage ended, from their verdict columns alone, streamed."""
    batches = read_batches(manifest.files().values(), VERDICT_COLUMNS)
    ends = Counter(_end(row) for batch in batches for row in batch.to_pylist())
    parts = {name: ends[name] for name in ENDS if ends[name]}
    judged = sum(count for name, count in parts.items() if name not in UNJUDGED)
    return Step("episodes", VERDICTS_TITLE, manifest.iteration, manifest.rows, parts, {"judged": judged})


def _end(row: Row) -> str:
    """The verdict of the answer an episode ended with; a public rejection settles it."""
    if row["infrastructure"]:
        return str(Verdict.INFRASTRUCTURE_ERROR)
    if not row["turns"]:
        return "not_judged"
    turn = row["turns"][-1]
    answer = turn["answers"][turn["chosen"]]
    verdicts = (answer[suite] and Verdict(answer[suite]["verdict"]) for suite in ("public", "private"))
    return str(settling_verdict(*verdicts) or "not_judged")
