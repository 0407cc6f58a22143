"""What a run found, in numbers: accuracies with intervals, whether the claims hold, and the funnel.

Accuracies are shares in the records and percent in text. Rows are streamed, only the columns needed.
"""

import posixpath
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq

from actors.search.selectors import in_table_order, selector_label
from actors.storage.filesystem import open_directory
from pipeline.evaluation.best_of_n import UNSELECTED_SERIES, is_selector_series
from pipeline.evaluation.statistics import percent
from pipeline.evaluation.verifier_metrics import MEASURES, RANKED
from pipeline.methods.strategies import strategy_label
from pipeline.report.verifiers import verifier_block, verifier_table
from pipeline.state.manifest import Manifest
from pipeline.state.store import Store

HEADLINES = ("accuracy", "pair_accuracy")
PAIR_ACCURACY_AIM = 0.6
TURNS_PER_LINE = 3

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sentence that could be false. `holds` is None where the run has not got far enough to say."""

    text: str
    holds: bool | None


def stored_settings(store: Store) -> dict[str, Any]:
    """The run's config as it was written; {} where there is none."""
    return store.read_json("config.json") or {}


def iterations(store: Store) -> Iterator[int]:
    """Iterations that were begun, in order."""
    iteration = 0
    while store.exists(f"iter_{iteration:04d}"):
        yield iteration
        iteration += 1


def results_table(store: Store) -> list[Row]:
    """One row per (iteration, metric, series, width), its turns nested: [{"turn", "value", "low", "high"}, …].

    Accuracies of searches, then what is known of the iteration's verifier (pipeline.evaluation.verifier_metrics).
    """
    strategy = stored_settings(store).get("run", {}).get("strategy", "mucode")
    rows: list[Row] = []
    for iteration in iterations(store):
        manifest = store.find(iteration, "metrics")
        if manifest is not None:
            chosen = store.find(iteration, "returned")
            policy = chosen.facts["iteration"] if chosen else iteration
            found = _series_rows(manifest, strategy_label(strategy))
            rows += [{**row, "policy": policy if is_selected(row) else iteration} for row in found]
    best = returned(store)
    searched = {row["iteration"] for row in rows if is_selected(row)}
    for row in rows:
        row["returned"] = row["iteration"] == best
        if is_selected(row) and (len(searched) > 1 or row["policy"] != row["iteration"]):
            row["label"] += f", it {row['policy']}"
    return rows


def is_selected(row: Row) -> bool:
    """Whether a row of the table is of searches by a selector."""
    return is_selector_series(row["metric"], row["series"])


def selectors_of(table: Iterable[Row]) -> list[str]:
    """The selectors that a table has rows of, each once: shipped ones first, then plug-ins."""
    return in_table_order(row["series"] for row in table if is_selected(row))


def returned(store: Store) -> int | None:
    """The iteration whose policy and verifier the last searches used; None where no iteration is finished."""
    last = max((i for i in iterations(store) if store.find(i, "metrics")), default=None)
    chosen = store.find(last, "returned") if last is not None else None
    return chosen.facts["iteration"] if chosen else last


def claims(table: Sequence[Row]) -> list[Claim]:
    """Does training help, does it beat the control, does search help: each by more than its half-width?"""
    last = max((row["iteration"] for row in table), default=0)
    best = max((row["iteration"] for row in table if row["returned"]), default=last)
    greedy = find(table, best, "greedy")
    trained = greedy if best > 0 else None
    searched = find(table, last, "pt_lv")
    strategy = trained["label"].split()[0] if trained else "µCode"
    name = f"{strategy} greedy after iteration {best}" if trained else f"{strategy} greedy after the last iteration"
    search = f"PT+LV best of {searched['width']}" if searched else "PT+LV best-of-N"
    return [
        _above(name, trained, "the base model", find(table, 0, "greedy")),
        _above(name, trained, "the control", find(table, last, "control")),
        _above(search, searched, "greedy", greedy),
        _ranks(find(table, best, "held_out_pairs"), best),
    ]


def find(table: Sequence[Row], iteration: int, series: str) -> Row | None:
    """The accuracy of a search or of a verifier on pairs; of several widths the widest."""
    found = [row for row in table if (row["iteration"], row["series"]) == (iteration, series)]
    found = [row for row in found if row["metric"] in HEADLINES]
    return max(found, key=lambda row: row["width"], default=None)


def print_results(store: Store) -> str:
    """The results as text: at most 100 columns, no colours."""
    table = results_table(store)
    title = f"results of {posixpath.basename(store.root.rstrip('/'))}"
    if not table:
        return f"{title}: none yet, no iteration has finished its metrics"
    accuracies = [row for row in table if row["metric"] == "accuracy"]
    lines = ["", f"{title} · accuracy on the test problems in %, with 95 % intervals", ""]
    turns = max((len(row["turns"]) for row in accuracies), default=0)
    for first in range(0, turns, TURNS_PER_LINE):
        lines += [*_text_block(accuracies, range(first, min(first + TURNS_PER_LINE, turns))), ""]
    best = returned(store)
    if any(row["series"] == "validation" for row in table):
        lines += [f"the best of N are of iteration {best}, whose greedy accuracy on validation is the highest", ""]
    masked = sum(row["masked"] for row in accuracies)
    if masked:
        lines += [f"{masked} episodes are left out: the sandbox failed on them", ""]
    lines += verifier_block(verifier_table(table))
    return "\n".join([*lines, "", *(_wrapped(claim.text) for claim in claims(table) if claim.holds is not None), ""])


def _series_rows(manifest: Manifest, strategy: str) -> list[Row]:
    rows: dict[tuple[str, str, int], Row] = {}
    for file in manifest.files().values():
        filesystem, path = open_directory(file)
        for found in pq.read_table(path, filesystem=filesystem).to_pylist():
            if found["metric"] not in ("accuracy", *MEASURES):
                continue
            point = {name: found.pop(name) for name in ("turn", "value", "low", "high")}
            label = _label(found["series"], found["iteration"], found["width"], strategy)
            key = (found["metric"], found["series"], found["width"])
            row = rows.setdefault(key, {**found, "label": label, "turns": []})
            row["turns"].append(point)
    for row in rows.values():
        row["turns"].sort(key=lambda point: point["turn"])

    series = [*UNSELECTED_SERIES, *selectors_of(rows.values()), *RANKED]

    def order(key: tuple[str, str, int]) -> tuple[int, int]:
        return series.index(key[1]) if key[1] in series else len(series), key[2]

    return [rows[key] for key in sorted(rows, key=order)]


def _label(series: str, iteration: int, width: int, strategy: str) -> str:
    if series == "greedy":
        return f"{strategy} iteration {iteration}, greedy" if iteration else "base model, greedy"
    if series == "validation":
        return f"iteration {iteration}, on validation"
    if series in RANKED or series == "drawn":
        return f"verifier {iteration}, {RANKED.get(series, 'first test answers')}"
    if series == "control":
        return "control, greedy"
    return f"best of {width}, {selector_label(series)}"


def _above(name: str, row: Row | None, other_name: str, other: Row | None) -> Claim:
    """Is `row` above `other` at the last turn by more than the half-width of its own interval?"""
    if row is None or other is None:
        missing = name if row is None else other_name
        return Claim(text=f"{name} against {other_name}: not known, {missing} is not evaluated", holds=None)
    point, reference = row["turns"][-1], other["turns"][-1]
    gap, half = point["value"] - reference["value"], (point["high"] - point["low"]) / 2
    holds = gap > half
    where = f"above {other_name}" if gap > 0 else f"not above {other_name}"
    text = (
        f"{name} ({100 * point['value']:.1f} %) is {where} ({100 * reference['value']:.1f} %): "
        f"{100 * gap:+.1f} points, {'more' if holds else 'not more'} than the half-width {100 * half:.1f} "
        f"of its 95 % interval: {'yes' if holds else 'no'}"
    )
    return Claim(text=text, holds=holds)


def _ranks(row: Row | None, iteration: int) -> Claim:
    """Does the verifier order held-out answers better than a coin, and by enough to matter?"""
    if row is None:
        return Claim(text=f"the verifier of iteration {iteration}: not known, it is not evaluated", holds=None)
    point = row["turns"][0]
    holds = point["value"] >= PAIR_ACCURACY_AIM and point["low"] > 0.5
    return Claim(
        text=f"the verifier of iteration {iteration} ranks {percent(point)} % of held-out pairs right, at least "
        f"{100 * PAIR_ACCURACY_AIM:.0f} with its interval above 50: {'yes' if holds else 'no'}",
        holds=holds,
    )


def _text_block(rows: Sequence[Row], turns: range) -> list[str]:
    head = "".join(f"{f'turn {turn + 1}':<20}" for turn in turns)
    lines = [f"{'':<30}{head}{'n':>6}"]
    for before, row in zip((None, *rows), rows, strict=False):
        if before and is_selected(before) != is_selected(row):
            lines.append("")
        cells = "".join(f"{percent(row['turns'][turn]) if turn < len(row['turns']) else '-':<20}" for turn in turns)
        lines.append(f"{row['label']:<30}{cells}{row['n']:>6}")
    return lines


def _wrapped(text: str, width: int = 100) -> str:
    return textwrap.fill(text, width, initial_indent="· ", subsequent_indent="  ")
