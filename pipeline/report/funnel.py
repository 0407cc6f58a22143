"""The funnel of a run: from sampled episodes to pairs and training examples, and what was dropped on the way.

Counts come from manifests; verdicts are streamed, their columns only.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from actors.search.episode import MASK_COLUMNS, mask_of_row
from actors.storage.parquet import read_batches
from pipeline.stages.catalogue import STAGES
from pipeline.stages.sampling import EPISODES
from pipeline.stages.verifier import PAIRS
from pipeline.state.manifest import Manifest
from pipeline.state.stage import FunnelCounts
from sandbox.verdict import Verdict, settling_verdict

Row = dict[str, Any]


@dataclass(frozen=True)
class FunnelStep:
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


SAMPLED = (EPISODES, PAIRS)
"""Shown before the other stages, which are made of what these leave."""
VERDICTS_TITLE = "Episodes, by final verdict"
ENDS = (*(str(verdict) for verdict in Verdict), "not_judged")
WITHOUT_LABEL = (str(Verdict.UNJUDGED), str(Verdict.INFRASTRUCTURE_ERROR), "not_judged")
MASKED = {"infrastructure": str(Verdict.INFRASTRUCTURE_ERROR), "unjudged": str(Verdict.UNJUDGED)}
_REASONS = [column.replace(".verdict", ".reason") for column in MASK_COLUMNS if column.endswith(".verdict")]
VERDICT_COLUMNS = [*MASK_COLUMNS, *_REASONS, "turns.list.element.chosen"]
SHOWN_REASONS = 5
"""The commonest ones; the exceptions of programs have any name."""


def funnel_steps(manifests: Sequence[Manifest]) -> list[FunnelStep]:
    """From sampled episodes to pairs and training examples, with what was dropped on the way and why."""
    steps = [_verdict_step(manifest) for manifest in manifests if manifest.stage == EPISODES.name]
    for row in sorted(STAGES, key=lambda row: SAMPLED.index(row) if row in SAMPLED else len(SAMPLED)):
        for counted in row.funnel:
            mine = [manifest for manifest in manifests if manifest.stage == row.name]
            steps += [_step(counted, manifest) for manifest in mine if counted.total in manifest.counts]
    return steps


def _step(counted: FunnelCounts, manifest: Manifest) -> FunnelStep:
    counts = manifest.counts
    parts, extras = ({name: counts.get(name, 0) for name in names} for names in (counted.parts, counted.extras))
    return FunnelStep(manifest.stage, counted.title, manifest.iteration, counts[counted.total], parts, extras)


def _verdict_step(manifest: Manifest) -> FunnelStep:
    """How the episodes of a stage ended, from their verdict columns alone, streamed."""
    batches = read_batches(manifest.files().values(), VERDICT_COLUMNS)
    ends: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for row in (row for batch in batches for row in batch.to_pylist()):
        end, reason = _end(row)
        ends[end] += 1
        reasons[f"{end}: {reason}"] += bool(reason)
    parts = {name: ends[name] for name in ENDS if ends[name]}
    judged = sum(count for name, count in parts.items() if name not in WITHOUT_LABEL)
    extras = {"judged": judged} | {name: count for name, count in reasons.most_common(SHOWN_REASONS) if count}
    return FunnelStep(EPISODES.name, VERDICTS_TITLE, manifest.iteration, manifest.rows, parts, extras)


def _end(row: Row) -> tuple[str, str]:
    """Verdict and reason of the answer an episode ended with; a public rejection settles it. Version 1 of the rows has
    no reason."""
    if (why := mask_of_row(row)) is not None:
        return MASKED[why], ""
    if not row["turns"]:
        return "not_judged", ""
    turn = row["turns"][-1]
    answer = turn["answers"][turn["chosen"]]
    verdicts = (answer[suite] and Verdict(answer[suite]["verdict"]) for suite in ("public", "private"))
    settling = settling_verdict(*verdicts)
    outcome = answer["private" if settling is not None and _passes(answer["public"]) else "public"]
    return str(settling or "not_judged"), (outcome and outcome.get("reason")) or ""


def _passes(outcome: Row | None) -> bool:
    return outcome is not None and outcome["verdict"] == Verdict.ACCEPTED
