"""Numbers with intervals, from search episodes and scored pairs.

Accuracy after turn t is that of the answer held then: an episode that stopped earlier keeps its last one.
Intervals are 95 %, from a bootstrap over problems, which are the unit that varies.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from actors.episode import Episode
from actors.parts import commit_part
from pipeline.buckets import HELD_OUT_FIRST, read_rows
from pipeline.cluster import DATA_CPUS
from pipeline.store import Manifest

RESAMPLES = 2000
SIDES = ("chosen", "rejected")
SUMMARY_DEADLINE_S = 600
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
    """Whether the answer held after `turn` (1-based) passes all tests; None where infrastructure failed.

    An episode whose prompt left no room for an answer holds none, which is not a right one.
    """
    if episode.infrastructure:
        return None
    if not episode.turns:
        return False
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


def pair_accuracy_row(
    pairs: Sequence[dict[str, Any]], scores: Mapping[tuple[str, int], float], series: str, seed: int
) -> dict[str, Any] | None:
    """Share of held-out pairs ranked right (ties count half), its interval clustered by problem.

    Pairs with an answer that the verifier could not score are masked.
    """
    known = [pair for pair in pairs if all((pair[f"{side}_episode"], pair[f"{side}_turn"]) in scores for side in SIDES)]
    if not known:
        return None
    right: dict[str, float] = {}
    count: dict[str, int] = {}
    for pair in known:
        chosen = scores[pair["chosen_episode"], pair["chosen_turn"]]
        rejected = scores[pair["rejected_episode"], pair["rejected_turn"]]
        problem = pair["problem_id"]
        right[problem] = right.get(problem, 0.0) + (1.0 if chosen > rejected else 0.5 if chosen == rejected else 0.0)
        count[problem] = count.get(problem, 0) + 1
    value, low, high = interval(list(right.values()), list(count.values()), seed)
    return {
        "metric": "pair_accuracy",
        "series": series,
        "turn": 0,
        "width": 0,
        "policy_id": "",
        "verifier_id": "",
        "value": value,
        "low": low,
        "high": high,
        "n": len(known),
        "masked": len(pairs) - len(known),
    }


def summarise(found: Sequence[Manifest], directory: str, iteration: int, turns: int, seed: int) -> dict[str, Any]:
    """Compute an iteration's metrics in a Ray task and commit them as part 0; returns the headline facts."""
    import ray

    inputs = {manifest.stage: manifest.files() for manifest in found}
    task = ray.remote(_summarise).options(num_cpus=DATA_CPUS)
    return ray.get(task.remote(inputs, directory, iteration, turns, seed), timeout=SUMMARY_DEADLINE_S)


def _summarise(
    inputs: dict[str, dict[int, str]], directory: str, iteration: int, turns: int, seed: int
) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    for name, files in inputs.items():
        if name.startswith("search_"):
            episodes = [Episode.from_row(row) for row in read_rows(files.values())]
            rows += accuracy_rows(episodes, name.removeprefix("search_"), turns, seed)
    if "held_out_pairs" in inputs:
        held_out = [file for bucket, file in inputs["scores"].items() if bucket >= HELD_OUT_FIRST]
        scores = {(row["episode_id"], row["turn"]): row["score"] for row in read_rows(held_out)}
        for series in ("held_out_pairs", "own_pairs"):
            row = pair_accuracy_row(list(read_rows(inputs[series].values())), scores, series, seed)
            rows += [row] if row else []
    rows = [{"iteration": iteration, **row} for row in rows]
    commit_part(directory, 0, pa.Table.from_pylist(rows, schema=METRIC_SCHEMA))
    return {f"{row['series']}_t{row['turn']}": round(row["value"], 4) for row in rows}
