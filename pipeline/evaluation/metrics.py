"""Evaluated numbers with their 95 % intervals, as rows: from searches, and from what a verifier scored.

docs/evaluation.md says what every metric means and what it needs. Intervals are over problems, the unit that varies
within a run; a study draws seeds as well (pipeline.evaluation.statistics).
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import pyarrow as pa

from actors.search.selectors import SELECTORS, Selector, in_table_order
from actors.storage.parquet import read_rows
from actors.storage.parts import commit_part
from pipeline.cluster.resources import DATA_CPUS
from pipeline.evaluation.best_of_n import POOL, is_selector_series
from pipeline.evaluation.search_records import Cells, Drawn, Played, cells, read_played
from pipeline.evaluation.statistics import best_of_n, interval, pass_at_k
from pipeline.evaluation.verifier_metrics import RANKED, Scored, verifier_rows
from pipeline.state.manifest import Manifest
from pipeline.state.problems import HELD_OUT_FIRST

Row = dict[str, Any]
SUMMARY_DEADLINE_S = 1800
SPENT = ("tokens", "executions")
OF_ONE_POLICY = (("own_pairs", "own_pairs", "held_out"), ("base_pairs", "base_own_pairs", "base_held_out"))
"""Series of a verifier's metrics, and the stages that hold its pairs and its episodes."""
METRIC_SCHEMA = pa.schema(
    [
        ("iteration", pa.int32()),
        ("metric", pa.string()),
        ("series", pa.string()),
        ("turn", pa.int32()),
        ("width", pa.int32()),
        ("beam", pa.int32()),
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


def search_rows(records: Sequence[Played], series: str, turns: int, seed: int) -> list[Row]:
    """One search of every problem: accuracy, public passes and costs after each turn. Masked episodes are counted."""
    rows = []
    for turn in range(1, turns + 1):
        labels = [(record.problem_id, record.label(turn)) for record in records]
        public = [(record.problem_id, record.passes_public(turn)) for record in records]
        failed = [
            (problem, None if label is None or not passes else not label)
            for (problem, label), (_, passes) in zip(labels, public, strict=True)
        ]
        found: dict[str, Sequence[tuple[str, float | None]]] = {
            "accuracy": labels,
            "accuracy_public": public,
            "accuracy_false_pass": failed,
        }
        found |= {
            f"accuracy_{what}": [
                (one.problem_id, None if one.infrastructure else one.spent(what, turn)) for one in records
            ]
            for what in SPENT
        }
        rows += [_row(name, series, cells(values), records, turn, seed) for name, values in found.items()]
    return [row for row in rows if row["n"]]


def sweep_rows(records: Sequence[Played], turns: int, seed: int) -> list[Row]:
    """Rows of several searches over one set of samples: each selector at each width and beam."""

    def plan(record: Played) -> tuple[str, int, int]:
        return record.selector, record.width, record.beam

    rows = []
    for (selector, _, _), found in groupby(sorted(records, key=plan), plan):
        rows += search_rows(list(found), selector, turns, seed)
    return rows


def drawn_rows(
    records: Sequence[Played],
    widths: Iterable[int],
    ks: Iterable[int],
    seed: int,
    selectors: Iterable[str] = tuple(SELECTORS),
) -> list[Row]:
    """pass@k, and best of N of each of the `selectors` that has a rank key, from first turns' answers; unbiased.

    Each is an expectation over all N (or k) of the answers that were drawn, so all come from one set of samples.
    """
    judged = [record for record in records if record.drawn]
    no_room = [(one.problem_id, 0.0) for one in records if not one.labels and not one.infrastructure]
    rows = []
    for k in ks:
        usable = [one for one in judged if len(one.drawn) >= k]
        values = [(one.problem_id, pass_at_k(len(one.drawn), sum(d.label for d in one.drawn), k)) for one in usable]
        values += no_room if usable else []
        rows.append(_row("pass_at_k", f"pass@{k}", cells(values), usable, 1, seed, width=k))
    for name in selectors:
        selector = SELECTORS[name]
        if selector.rank_key is None:
            continue
        usable = [one for one in judged if not selector.needs_scores or all(d.score is not None for d in one.drawn)]
        for width in widths:
            wide = [one for one in usable if len(one.drawn) >= width]
            values = [
                (one.problem_id, best_of_n(_rank_keys(selector, one.drawn), [d.label for d in one.drawn], width))
                for one in wide
            ] + (no_room if wide else [])
            rows.append(_row("best_of_n", name, cells(values), wide, 1, seed, width=width))
    return [row for row in rows if row["n"]]


def _scored(records: Iterable[Played]) -> list[Scored]:
    """The answers of first turns that a verifier scored."""
    return [
        Scored(episode_id="", turn=0, problem_id=one.problem_id, label=drawn.label, score=drawn.score)
        for one in records
        for drawn in one.drawn
        if drawn.score is not None and drawn.score == drawn.score
    ]


def _unscored(records: Sequence[Played], seed: int) -> list[Row]:
    """The share of first answers that were too long for the verifier; no row where there are none."""
    found = [(one.problem_id, float(d.score != d.score)) for one in records for d in one.drawn if d.score is not None]
    row = _row("unscored", "drawn", cells(found), records, 1, seed)
    return [row] if row["n"] and row["value"] else []


def _rank_keys(selector: Selector, drawn: Sequence[Drawn]) -> list[Any]:
    """The selector's key of each answer, from what the selector may see of it."""
    assert selector.rank_key is not None
    views = (
        selector.view(index, passes_public=one.passes_public, score=one.score, behaviour=None, label=one.label)
        for index, one in enumerate(drawn)
    )
    return [selector.rank_key(view) for view in views]


def _row(
    metric: str, series: str, found: Cells, records: Sequence[Played], turn: int, seed: int, width: int | None = None
) -> Row:
    totals, counts = [total for total, _ in found.values()], [count for _, count in found.values()]
    estimate = interval(totals, counts, seed)
    known = int(sum(counts))
    one = records[0] if records else None
    return {
        "metric": metric,
        "series": series,
        "turn": turn,
        "width": width if width is not None else one.width if one else 0,
        "beam": one.beam if one else 1,
        "policy_id": one.policy_id if one else "",
        "verifier_id": one.verifier_id if one else "",
        "value": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "n": known,
        "masked": sum(record.infrastructure for record in records),
    }


def summarise(
    found: Sequence[Manifest], base: Sequence[Manifest], directory: str, iteration: int, settings: dict[str, Any]
) -> Row:
    """Compute an iteration's metrics in a Ray task and commit them as part 0; returns the headline facts.

    `base`: held-out answers of the base model and their pairs; none where the iteration's own are these.
    `settings`: turns, seed, loss of the verifier, and the widths and ks of curves.
    """
    import ray

    inputs = files(found, base)
    task = ray.remote(_summarise).options(num_cpus=DATA_CPUS)
    return ray.get(task.remote(inputs, directory, iteration, settings), timeout=SUMMARY_DEADLINE_S)


def files(found: Sequence[Manifest], base: Sequence[Manifest]) -> dict[str, dict[int, str]]:
    """Part files by stage; those of the base model under base_<stage>."""
    return {manifest.stage: manifest.files() for manifest in found} | {
        f"base_{manifest.stage}": manifest.files() for manifest in base
    }


def _summarise(inputs: dict[str, dict[int, str]], directory: str, iteration: int, settings: dict[str, Any]) -> Row:
    turns, seed = settings["turns"], settings["seed"]
    rows: list[Row] = []
    for name, files in inputs.items():
        if name == "search_sweep":
            records = list(read_played(files.values()))
            pool = [one for one in records if one.selector == POOL]
            rows += sweep_rows([one for one in records if one.selector != POOL], turns, seed)
            searched = in_table_order([*SELECTORS, *(one.selector for one in records)])
            rows += drawn_rows(pool, settings["widths"], settings["ks"], seed, searched)
            rows += verifier_rows([], [], _scored(pool), "drawn", settings["loss"], seed)
            rows += _unscored(pool, seed)
        elif name.startswith("search_"):
            rows += search_rows(list(read_played(files.values())), name.removeprefix("search_"), turns, seed)
    if "held_out_pairs" in inputs:
        rows += _verifier(inputs, loss=settings["loss"], seed=seed)
    rows = [{"iteration": iteration, "beam": 1, **row} for row in rows]
    commit_part(directory, 0, pa.Table.from_pylist(rows, schema=METRIC_SCHEMA))
    return _headline(rows, several=len(settings["widths"]) > 1)


def _headline(rows: Iterable[Row], several: bool) -> Row:
    """What a stage's line and its manifest say."""
    facts = {}
    for row in rows:
        wide = several and is_selector_series(row["metric"], row["series"])
        name = f"{row['series']}{row['width']}" if wide else row["series"]
        if row["metric"] in ("accuracy", "pair_accuracy", "pass_at_k"):
            facts[f"{name}_t{row['turn']}"] = round(row["value"], 4)
        elif row["metric"] == "auc" and name in RANKED:
            facts[f"{name}_auc"] = round(row["value"], 4)
    return facts


def _verifier(inputs: dict[str, dict[int, str]], **how: Any) -> list[Row]:
    """What the verifier makes of held-out answers: of all policies so far, the current one's own, the base model's."""
    held_out = [file for bucket, file in inputs["scores"].items() if bucket >= HELD_OUT_FIRST]
    scored = [Scored(**{name: row[name] for name in Scored.__slots__}) for row in read_rows(held_out)]
    rows = verifier_rows(list(read_rows(inputs["held_out_pairs"].values())), scored, scored, "held_out_pairs", **how)
    for series, pairs, played in OF_ONE_POLICY:
        if pairs in inputs and played in inputs:
            mine = {row["episode_id"] for row in read_rows(inputs[played].values())}
            answers = [one for one in scored if one.episode_id in mine]
            rows += verifier_rows(list(read_rows(inputs[pairs].values())), scored, answers, series, **how)
    return rows
