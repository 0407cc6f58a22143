"""Numbers with intervals, from search episodes and scored pairs.

Accuracy after turn t is that of the answer held then: an episode that stopped earlier keeps its last one.
Intervals are 95 %, from a bootstrap over problems, which are the unit that varies.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from actors.episode import Episode
from pipeline.store import Manifest

RESAMPLES = 2000
METRIC_SCHEMA = pa.schema(
    [
        ("iteration", pa.int32()),
        ("metric", pa.string()),
        ("series", pa.string()),
        ("turn", pa.int32()),
        ("width", pa.int32()),
        ("policy_id", pa.string()),
        ("verifier_id", pa.string()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("n", pa.int32()),
        ("masked", pa.int32()),
    ],
    metadata={"mucode.schema": "metrics/1"},
)


def interval(values: Sequence[float], weights: Sequence[float], seed: int) -> tuple[float, float, float]:
    """Mean Σvalues/Σweights with its 95 % bootstrap interval; each entry is one problem's sum and count."""
    totals, counts = np.asarray(values, float), np.asarray(weights, float)
    draw = np.random.default_rng(seed)
    picks = draw.integers(0, len(totals), size=(RESAMPLES, len(totals)))
    means = totals[picks].sum(1) / np.maximum(counts[picks].sum(1), 1e-12)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(totals.sum() / counts.sum()), float(low), float(high)


def held_label(episode: Episode, turn: int) -> bool | None:
    """Whether the answer held after `turn` (1-based) passes all tests; None where infrastructure failed."""
    if episode.infrastructure or not episode.turns:
        return None
    return episode.turns[min(turn, len(episode.turns)) - 1].answer.label


def accuracy_rows(episodes: Sequence[Episode], series: str, turns: int, seed: int) -> list[dict[str, Any]]:
    """Accuracy per turn of one search, masked episodes left out and counted."""
    rows = []
    for turn in range(1, turns + 1):
        labels = [held_label(episode, turn) for episode in episodes]
        known = [float(label) for label in labels if label is not None]
        if not known:
            continue
        value, low, high = interval(known, [1.0] * len(known), seed)
        rows.append(
            {
                "metric": "accuracy",
                "series": series,
                "turn": turn,
                "width": max((len(turn_.answers) for episode in episodes for turn_ in episode.turns), default=1),
                "policy_id": episodes[0].policy_id,
                "verifier_id": episodes[0].verifier_id,
                "value": value,
                "low": low,
                "high": high,
                "n": len(known),
                "masked": len(labels) - len(known),
            }
        )
    return rows


def pair_accuracy_row(rows: Sequence[dict[str, Any]], seed: int) -> dict[str, Any] | None:
    """Share of held-out pairs ranked right (ties count half), its interval clustered by problem."""
    if not rows:
        return None
    right: dict[str, float] = {}
    count: dict[str, int] = {}
    for row in rows:
        gap = row["chosen_score"] - row["rejected_score"]
        problem = row["problem_id"]
        right[problem] = right.get(problem, 0.0) + (1.0 if gap > 0 else 0.5 if gap == 0 else 0.0)
        count[problem] = count.get(problem, 0) + 1
    value, low, high = interval(list(right.values()), list(count.values()), seed)
    return {
        "metric": "pair_accuracy",
        "series": "held_out",
        "turn": 0,
        "width": 0,
        "policy_id": "",
        "verifier_id": rows[0]["verifier_id"],
        "value": value,
        "low": low,
        "high": high,
        "n": len(rows),
        "masked": 0,
    }


def summarise(found: Sequence[Manifest], directory: str, iteration: int, seed: int) -> dict[str, Any]:
    """Compute an iteration's metrics in a Ray task and commit them as part 0; returns the headline facts."""
    import ray

    inputs = [(manifest.stage, list(manifest.files().values())) for manifest in found]
    return ray.get(ray.remote(_summarise).options(num_cpus=0.5).remote(inputs, directory, iteration, seed), timeout=600)


def _summarise(inputs: list[tuple[str, list[str]]], directory: str, iteration: int, seed: int) -> dict[str, Any]:
    from actors.parts import commit_part
    from pipeline.buckets import read_rows

    rows: list[dict[str, Any]] = []
    for name, files in inputs:
        if name == "pair_scores":
            row = pair_accuracy_row(list(read_rows(files)), seed)
            rows += [row] if row else []
        else:
            episodes = [Episode.from_row(row) for row in read_rows(files)]
            turns = max((len(episode.turns) for episode in episodes), default=0)
            rows += accuracy_rows(episodes, name.removeprefix("search_"), turns, seed)
    rows = [{"iteration": iteration, **row} for row in rows]
    commit_part(directory, 0, pa.Table.from_pylist(rows, schema=METRIC_SCHEMA))
    return {f"{row['series']}_t{row['turn']}": round(row["value"], 4) for row in rows}
