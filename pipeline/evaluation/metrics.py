"""The `metrics` stage: every number of an iteration, computed in one Ray task and committed as Parquet.

docs/evaluation.md says what every metric means and what it needs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from actors.search.selectors import SELECTORS, in_table_order
from actors.storage.parquet import read_rows
from pipeline.config.schema import Config
from pipeline.evaluation.best_of_n import FIRST_TURN_SELECTOR, best_of_n_values, is_selector_series
from pipeline.evaluation.metric_rows import CalibrationBin, MetricRow, commit_metrics
from pipeline.evaluation.search_metrics import (
    best_of_n_search_rows,
    first_turn_rows,
    scored_samples,
    search_rows,
    unscored_rows,
)
from pipeline.evaluation.search_records import SearchRecord, read_search_records
from pipeline.evaluation.verifier_metrics import ALL_HELD_OUT, RANKED, ScoredAnswer, calibration_bins, verifier_rows
from pipeline.placement.resources import DATA_CPUS

SUMMARY_DEADLINE_S = 1800
Files = Mapping[int, str]
"""Paths of Parquet files, by part number."""
Found = tuple[list[MetricRow], list[CalibrationBin]]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSettings:
    """What the numbers depend on beside the episodes. `loss`: the row of the verifier's loss."""

    turns: int
    n_values: tuple[int, ...]
    k_values: tuple[int, ...]
    loss: str
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAnswers:
    """Held-out answers of one policy: their episodes, and pairs of them."""

    episodes: Files
    pairs: Files


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSources:
    """The files that an iteration's numbers are made of. What is not there is empty, and has no numbers.

    best_of_n       episodes of all best-of-N searches
    greedy          episodes of the searches with one answer per turn, by the name of their series
    scores          the verifier's scores, those of held-out answers in parts that `policies` have, too
    held_out_pairs  pairs of the held-out answers of all policies so far; None: no verifier is measured
    policies        held-out answers of single policies, by the name of their series
    """

    best_of_n: Files = field(default_factory=dict)
    greedy: Mapping[str, Files] = field(default_factory=dict)
    scores: Files = field(default_factory=dict)
    held_out_pairs: Files | None = None
    policies: Mapping[str, PolicyAnswers] = field(default_factory=dict)


def metric_settings(config: Config) -> MetricSettings:
    return MetricSettings(
        turns=config.eval.turns,
        n_values=tuple(best_of_n_values(config)),
        k_values=tuple(config.eval.passes),
        loss=config.verifier.loss,
        seed=config.run.seed,
    )


def summarise_iteration(
    sources: MetricSources, directory: str, iteration: int, settings: MetricSettings
) -> dict[str, float]:
    """Compute an iteration's metrics in a Ray task and commit them to `directory`; returns the headline numbers."""
    import ray

    task = ray.remote(commit_summary).options(num_cpus=DATA_CPUS)
    answer = task.remote(sources, directory, iteration, settings)
    headline: dict[str, float] = ray.get(answer, timeout=SUMMARY_DEADLINE_S)
    return headline


def commit_summary(
    sources: MetricSources, directory: str, iteration: int, settings: MetricSettings
) -> dict[str, float]:
    """As `summarise_iteration`, in this process."""
    rows: list[MetricRow] = []
    bins: list[CalibrationBin] = []
    if sources.best_of_n:
        rows, bins = _best_of_n(list(read_search_records(sources.best_of_n.values())), settings)
    for series, files in sources.greedy.items():
        rows += search_rows(list(read_search_records(files.values())), series, settings.turns)
    if sources.held_out_pairs is not None:
        measured = _verifier(sources, sources.held_out_pairs, settings)
        rows, bins = rows + measured[0], bins + measured[1]
    rows = [replace(row, iteration=iteration) for row in rows]
    commit_metrics(directory, rows, [replace(one, iteration=iteration) for one in bins])
    return _headline(rows, several=len(settings.n_values) > 1)


def _best_of_n(records: Sequence[SearchRecord], settings: MetricSettings) -> Found:
    """Of all searches of an iteration, and of the answers of the first turn, which are shared by them."""
    seed = settings.seed
    first = [one for one in records if one.selector == FIRST_TURN_SELECTOR]
    rows = best_of_n_search_rows([one for one in records if one.selector != FIRST_TURN_SELECTOR], settings.turns)
    searched = in_table_order([*SELECTORS, *(one.selector for one in records)])
    rows += first_turn_rows(first, settings.n_values, settings.k_values, searched)
    scored = scored_samples(first)
    rows += verifier_rows([], [], scored, "drawn", settings.loss, seed)
    rows += unscored_rows(first)
    return rows, calibration_bins([], [], scored, "drawn", settings.loss)


def _verifier(sources: MetricSources, all_pairs: Files, settings: MetricSettings) -> Found:
    """What the verifier makes of held-out answers: of all policies so far, the current one's own, the base model's."""
    held_out_parts = {part for one_policy in sources.policies.values() for part in one_policy.episodes}
    held_out = [file for part, file in sources.scores.items() if part in held_out_parts]
    scored = [
        ScoredAnswer(**{name: row[name] for name in ScoredAnswer.__dataclass_fields__}) for row in read_rows(held_out)
    ]
    measured = [(ALL_HELD_OUT, all_pairs, scored)]
    for series, one_policy in sources.policies.items():
        mine = {row["episode_id"] for row in read_rows(one_policy.episodes.values())}
        measured.append((series, one_policy.pairs, [one for one in scored if one.episode_id in mine]))
    rows: list[MetricRow] = []
    bins: list[CalibrationBin] = []
    for series, pairs, answers in measured:
        pairs_found = list(read_rows(pairs.values()))
        rows += verifier_rows(pairs_found, scored, answers, series, settings.loss, settings.seed)
        bins += calibration_bins(pairs_found, scored, answers, series, settings.loss)
    return rows, bins


def _headline(rows: Iterable[MetricRow], several: bool) -> dict[str, float]:
    """What a stage's line and its manifest say."""
    facts = {}
    for row in rows:
        wide = several and is_selector_series(row.metric, row.series)
        name = f"{row.series}{row.width}" if wide else row.series
        if row.metric in ("accuracy", "pair_accuracy", "pass_at_k"):
            facts[f"{name}_t{row.turn}"] = round(row.value, 4)
        elif row.metric == "auc" and name in RANKED:
            facts[f"{name}_auc"] = round(row.value, 4)
    return facts
