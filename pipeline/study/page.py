"""report.html of a study: claims and pictures first, then tables, then one problem as several methods answered it."""

import json
from collections.abc import Iterator
from html import escape
from itertools import islice

from actors.episode import Episode
from pipeline import charts
from pipeline.charts import figure
from pipeline.reading import episode_turns, pre, stream
from pipeline.results import score_histogram
from pipeline.statistics import MARGIN, Estimate
from pipeline.store import Store
from pipeline.study.claims import Claim, label
from pipeline.study.outcomes import Cut, Outcomes
from pipeline.study.plan import RATES_S, Planned, duration
from pipeline.study.results import INTERVALS, VERDICTS, Results, difference, sentence, shown
from pipeline.study.spec import BASE, Cell
from pipeline.study.tables import Table, Tables
from pipeline.style import document

MARKS = {"holds": ("yes", "✓"), "does not hold": ("no", "✗"), "undecided": ("", "?"), None: ("", "…")}
COLOURS = {"holds": "accepted", "does not hold": "wrong", "undecided": "none"}
SIDE_BY_SIDE = (BASE, "rft", "mucode")
READ_EPISODES, SHOWN_PROBLEMS = 500, 6
NOT_YET = "Not there yet."


def page(results: Results, planned: dict[str, Planned], store: Store) -> str:
    outcomes = Outcomes(results.cells)
    figures = [_claims_figure(results), *_bars(results), *_curves(results), _verifiers(results), _scores(outcomes)]
    figures += [_turns(outcomes), _funnel(outcomes), _times(planned)]
    tables = [f"<h2>{escape(table.title)}</h2>{_table(table)}" for table in results.tables]
    body = [
        f"<h1>{escape(results.study.name)}</h1><p class=soft>{escape(_state(results))} {INTERVALS}</p>",
        f"<ul class=claims>{''.join(map(_claim, results.claims))}</ul>",
        f"<div class=figures>{''.join(figures)}</div>",
        f"<h2>Claims, contrast by contrast</h2>{_contrasts(results)}",
        *tables,
        f"<h2>One problem, several methods</h2>{_side_by_side(outcomes)}",
        f"<h2>Versions and settings</h2>{_provenance(results, store)}",
    ]
    return document(results.study.name, "".join(body))


def _state(results: Results) -> str:
    done, every = len(results.finished), len(results.cells)
    return f"{'finished' if done == every else 'in progress'}: {done} of {every} cells."


def _claim(claim: Claim) -> str:
    kind, mark = MARKS[claim.verdict]
    return f'<li class="{kind}"><b>{mark}</b>{escape(claim.text)}: {VERDICTS[claim.verdict]}</li>'


# ---- pictures -------------------------------------------------------------------------------------------------


def _claims_figure(results: Results) -> str:
    rows = [
        (sentence(contrast), _bar(contrast.estimate), COLOURS[contrast.verdict], edge)
        for claim in results.claims
        for contrast in claim.contrasts
        if contrast.estimate is not None and contrast.verdict is not None
        for edge in [-MARGIN if contrast.kind == "at least" else 0.0]
    ]
    if not rows:
        return figure("Differences", "", NOT_YET)
    caption = (
        "Paired differences in points of accuracy with 95 % intervals. Green holds, red does not, grey is undecided; "
        f"dashed: the margin of {100 * MARGIN:g} points for “at least”."
    )
    return figure("Differences", charts.intervals(rows, "points"), caption)


def _bars(results: Results) -> Iterator[str]:
    for name in ("main", "selectors", "ablations", "losses", "hidden_tests"):
        table = next((table for table in results.tables if table.name == name), None)
        if table is None:
            continue
        drawn = [i for i, _ in enumerate(table.columns) if any(isinstance(row[i], Estimate) for _, row in table.rows)]
        names = [table.columns[i] for i in drawn]
        zero = charts.Bar(value=0, low=0, high=0)
        groups = [
            (_short(text), [_bar(found) if isinstance(found := row[i], Estimate) else zero for i in drawn])
            for text, row in table.rows
        ]
        shades = [("turn", text, charts.shade(index, len(names))) for index, text in enumerate(names)]
        yield figure(table.title, charts.legend(shades) + charts.bars(groups, names), table.note)


def _short(text: str) -> str:
    return text.removeprefix("multi-turn ").replace("single-turn ", "1-turn ")


def _curves(results: Results) -> Iterator[str]:
    for curve in results.curves:
        series = [(name, [(float(x), _bar(value)) for x, value in points]) for name, points in curve.series]
        yield figure(curve.title, charts.lines(series, curve.axis), curve.note)


def _verifiers(results: Results) -> str:
    table = next((table for table in results.tables if table.name == "verifiers"), None)
    rows = [(name, row) for name, row in table.rows if all(isinstance(v, Estimate) for v in row)] if table else []
    if table is None or not rows:
        return figure("Verifiers", "", NOT_YET)
    groups = [(name, [_bar(value) for value in row if isinstance(value, Estimate)]) for name, row in rows]
    shades = [("turn", text, charts.shade(index, 2)) for index, text in enumerate(table.columns)]
    picture = charts.legend(shades) + charts.bars(groups, table.columns, chance=0.5)
    return figure("Verifiers", picture, f"{table.note} Dashed: chance.")


def _scores(outcomes: Outcomes) -> str:
    """Scores of the last verifier of the most advanced cell that has one."""
    for cell in sorted(_main(outcomes), key=lambda cell: (cell.strategy != "mucode", cell.loss != "bt")):
        manifest = outcomes.manifest(cell, "scores")
        found = score_histogram(manifest) if manifest else None
        if found is not None:
            series = [("wrong", "wrong answers", found.wrong), ("accepted", "right answers", found.right)]
            names = [(key, f"{sum(counts)} {name}", 1.0) for key, name, counts in reversed(series)]
            caption = f"Logits of all judged answers by the last verifier of {cell.name}; equal areas."
            picture = charts.legend(names) + charts.histogram(found.edges, series)
            return figure("Verifier scores", picture, caption)
    return figure("Verifier scores", "", NOT_YET)


def _turns(outcomes: Outcomes) -> str:
    """Greedy accuracy after each turn, by method."""
    tables = Tables(outcomes)
    groups = []
    for strategy in tables.strategies:
        cuts = [Cut(strategy=strategy, selector="greedy", turn=turn) for turn in range(1, tables.turns + 1)]
        values = [value for cut in cuts if (value := tables.value(cut)) is not None]
        if values:
            groups.append((label(strategy), [_bar(value) for value in values]))
    if not groups:
        return figure("Greedy accuracy by turn", "", NOT_YET)
    names = [f"turn {turn}" for turn in range(1, tables.turns + 1)]
    shades = [("turn", name, charts.shade(index, len(names))) for index, name in enumerate(names)]
    caption = "Test problems solved (%) by the answer held after each turn, last iteration, mean over seeds."
    return figure("Greedy accuracy by turn", charts.legend(shades) + charts.bars(groups, names), caption)


def _funnel(outcomes: Outcomes) -> str:
    """Training problems of the last fine-tuning: with examples, unsolved, without a usable trajectory."""
    parts = (
        ("problems_with_examples", "accepted", "with examples"),
        ("problems_unsolved", "wrong", "unsolved"),
        ("problems_without_usable_trajectory", "error", "no usable trajectory"),
    )
    rows = []
    for strategy in dict.fromkeys(cell.strategy for cell in _main(outcomes)):
        found = [outcomes.manifest(cell, "examples") for cell in _main(outcomes) if cell.strategy == strategy]
        counts = [manifest.counts for manifest in found if manifest]
        if counts:
            mean = {name: sum(count.get(name, 0) for count in counts) / len(counts) for name, _, _ in parts}
            segments = [
                charts.Segment(key=key, name=f"{text}: {mean[name]:.0f}", value=mean[name]) for name, key, text in parts
            ]
            examples = sum(count.get("examples", 0) for count in counts) / len(counts)
            rows.append((label(strategy), segments, f"{examples:.0f} ex."))
    if not rows:
        return figure("From samples to training data", "", NOT_YET)
    names = [(key, text, 1.0) for _, key, text in parts]
    caption = "Training problems of the last fine-tuning by what they gave, and its examples; means over seeds."
    return figure("From samples to training data", charts.legend(names) + charts.stacked(rows, label_width=74), caption)


def _times(planned: dict[str, Planned]) -> str:
    done = [stage for stage in planned.values() if stage.done is not None]
    if not done:
        return figure("Time", "", NOT_YET)
    rows = []
    for kind in RATES_S:
        seconds = sum(stage.done.seconds for stage in done if stage.kind == kind and stage.done)
        count = sum(stage.kind == kind for stage in done)
        if count:
            segment = charts.Segment(key="turn", name=f"{count} stages: {seconds:.0f} s", value=seconds)
            rows.append((f"{charts.plain(kind)} ×{count}", [segment], duration(seconds)))
    asked = sum(len(stage.cells) for stage in done)
    total = duration(sum(stage.done.seconds for stage in done if stage.done))
    caption = f"{len(done)} stages took {total}; the cells asked for {asked}, the others were shared."
    return figure("Time", charts.stacked(rows), caption)


# ---- tables ---------------------------------------------------------------------------------------------------


def _contrasts(results: Results) -> str:
    rows = []
    for claim in results.claims:
        rows.append([f"<b>{escape(claim.text)}</b>", "", f"<b>{VERDICTS[claim.verdict]}</b>"])
        for contrast in claim.contrasts:
            value, _, rest = difference(contrast).partition(" ")
            found = f"{value}<small>{escape(rest)}</small>"
            rows.append([escape(sentence(contrast)), found, VERDICTS[contrast.verdict]])
    return charts.table(["", "difference in points", "verdict"], rows)


def _table(table: Table) -> str:
    rows = [[escape(name), *(_cell(shown(value)) for value in values)] for name, values in table.rows]
    head = ["", *map(escape, table.columns)]
    return f"<p class=soft>{escape(table.note)}</p>{charts.table(head, rows)}"


def _cell(text: str) -> str:
    value, bracket, rest = text.partition(" [")
    return f"{escape(value)}<small>[{rest}</small>" if bracket else escape(value)


# ---- episodes -------------------------------------------------------------------------------------------------


def _side_by_side(outcomes: Outcomes) -> str:
    """Test problems as the methods' PT+LV searches played them, those first on which they differ."""
    played = {}
    for strategy in SIDE_BY_SIDE:
        cell = next((cell for cell in _main(outcomes) if (cell.strategy, cell.loss) == (strategy, "bt")), None)
        manifest = (
            (outcomes.manifest(cell, "search_pt_lv") or outcomes.manifest(cell, "search_greedy")) if cell else None
        )
        if cell and manifest:
            episodes = islice(stream(manifest), READ_EPISODES)
            played[f"{label(strategy)}, seed {cell.seed}"] = {episode.problem_id: episode for episode in episodes}
    if not played:
        return f"<p>{NOT_YET}</p>"
    shared = sorted(set.intersection(*map(set, played.values())))
    kinds: dict[tuple[bool, ...], list[str]] = {}
    for problem in shared:
        kinds.setdefault(tuple(_solved(found[problem]) for found in played.values()), []).append(problem)
    differing = sorted(kinds, key=lambda kind: (len(set(kind)) == 1, kind))
    chosen = [problem for kind in differing for problem in kinds[kind][:1]][:SHOWN_PROBLEMS]
    return "".join(_problem(problem, {name: found[problem] for name, found in played.items()}) for problem in chosen)


def _solved(episode: Episode) -> bool:
    return bool(episode.turns) and episode.turns[-1].answer.label is True


def _problem(problem: str, played: dict[str, Episode]) -> str:
    verdicts = " · ".join(
        f"{name}: {'solved' if _solved(episode) else 'not solved'}" for name, episode in played.items()
    )
    prompt = next(iter(played.values())).prompt
    columns = "".join(
        f"<div class=method><h3>{escape(name)}</h3>{episode_turns(episode, {})}</div>"
        for name, episode in played.items()
    )
    return (
        f"<details><summary><b>{escape(problem)}</b><br><small>{escape(verdicts)}</small></summary><div>"
        f"<div class=prompt><small>Prompt</small>{pre(prompt)}</div><div class=turns>{columns}</div></div></details>"
    )


def _provenance(results: Results, store: Store) -> str:
    versions = json.loads(store.read("environment.json")) if store.exists("environment.json") else {}
    rows = [[escape(str(name)), escape(str(value))] for name, value in versions.items()]
    settings = escape(json.dumps(results.study.model_dump(mode="json"), indent=1, ensure_ascii=False))
    return (
        f"<details><summary>Versions</summary><div>{charts.table(['', ''], rows)}</div></details>"
        f"<details><summary>The study file</summary><div><pre>{settings}</pre></div></details>"
    )


def _main(outcomes: Outcomes) -> list[Cell]:
    return [cell for cell in outcomes.cells if cell.view == "main"]


def _bar(value: Estimate) -> charts.Bar:
    return charts.Bar(value=value.value, low=value.low, high=value.high)
