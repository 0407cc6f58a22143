"""report.html of a study: claims and pictures first, then tables, then one problem as several methods answered it."""

import json
from collections.abc import Iterator
from html import escape
from itertools import islice

from actors.search.episode import Episode
from pipeline.evaluation.statistics import MARGIN, Estimate
from pipeline.report import charts
from pipeline.report.charts import figure
from pipeline.report.html import document
from pipeline.report.transcripts import episode_turns, pre, stream
from pipeline.report.verifiers import score_histogram
from pipeline.state.store import Store
from pipeline.study.forecast import duration
from pipeline.study.hypotheses import Claim, Contrast, label
from pipeline.study.outcomes import Cut, Outcomes
from pipeline.study.results import INTERVALS, VERDICTS, Results, difference, sentence, shown
from pipeline.study.spec import BASE, Cell
from pipeline.study.tables import Table, Tables

MARKS = {"holds": ("yes", "✓"), "does not hold": ("no", "✗"), "undecided": ("", "?"), None: ("", "…")}
COLOURS = {"holds": "accepted", "does not hold": "wrong", "undecided": "none"}
SIDE_BY_SIDE = (BASE, "rft", "mucode")
SHOWN_SELECTOR = "pt_lv"
READ_EPISODES, SHOWN_PROBLEMS = 500, 6
NOT_YET = "Not there yet."


def page(results: Results, store: Store) -> str:
    outcomes = Outcomes(results.cells)
    figures = [*_bars(results), *_curves(results), _verifiers(results), _scores(outcomes)]
    figures += [*_greedy(outcomes), _funnel(outcomes), _times(outcomes)]
    tables = [f"<h2>{escape(table.title)}</h2>{_table(table)}" for table in results.tables]
    body = [
        f"<h1>{escape(results.study.name)}</h1><p class=soft>{escape(_state(results))} {INTERVALS}</p>",
        f"<h2>The paper's claims, in small</h2>{_claims(results)}",
        f"<div class=figures>{''.join(figures)}</div>",
        *tables,
        f"<h2>One problem, several methods</h2>{_side_by_side(outcomes)}",
        f"<h2>Versions and settings</h2>{_provenance(results, store)}",
    ]
    return document(results.study.name, "".join(body))


def _state(results: Results) -> str:
    done, every = len(results.finished), len(results.cells)
    return f"{'finished' if done == every else 'in progress'}: {done} of {every} cells."


def _claims(results: Results) -> str:
    """Every claim with its verdict, and its contrasts as intervals on one scale."""
    known = [c.estimate for claim in results.claims for c in claim.contrasts if c.estimate is not None]
    reach = max((max(abs(found.low), abs(found.high)) for found in known), default=0.0) or 0.1
    legend = (
        f"Paired differences in points of accuracy, on a scale of ±{100 * reach:.0f}; the line in the middle is 0. "
        f"Green holds, red does not, grey is undecided. “≥” allows for a margin of {100 * MARGIN:g} points (dashed)."
    )
    return f"<p class=soft>{legend}</p>" + "".join(_claim(claim, reach) for claim in results.claims)


def _claim(claim: Claim, reach: float) -> str:
    kind, mark = MARKS[claim.verdict]
    head = f"<h3><span>{mark} {escape(claim.text)}</span><span>{VERDICTS[claim.verdict]}</span></h3>"
    return f'<div class="claim {kind}">{head}{"".join(_contrast(one, reach) for one in claim.contrasts)}</div>'


def _contrast(contrast: Contrast, reach: float) -> str:
    picture = ""
    if contrast.estimate is not None and contrast.verdict is not None:
        edge = -MARGIN if contrast.kind == "at least" else 0.0
        picture = charts.interval(_bar(contrast.estimate), COLOURS[contrast.verdict], reach, edge)
    value, _, rest = difference(contrast).partition(", ")
    cells = (escape(sentence(contrast)), picture, f"{value}<br><small>{rest}</small>", VERDICTS[contrast.verdict])
    return f"<div class=contrast>{''.join(f'<span>{cell}</span>' for cell in cells)}</div>"


# ---- pictures -------------------------------------------------------------------------------------------------


def _bars(results: Results) -> Iterator[str]:
    for name in ("main", "selectors", "ablations", "losses", "hidden_tests"):
        table = next((table for table in results.tables if table.name == name), None)
        if table is None:
            continue
        drawn = [i for i, _ in enumerate(table.columns) if any(isinstance(row[i], Estimate) for _, row in table.rows)]
        names = [table.columns[i] for i in drawn]
        groups = [
            (_short(text), [_bar(found) if isinstance(found := row[i], Estimate) else None for i in drawn])
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
    rows = [(name, row) for name, row in table.rows if any(isinstance(v, Estimate) for v in row)] if table else []
    if table is None or not rows:
        return figure("Verifiers", "", NOT_YET)
    groups = [(name, [_bar(v) if isinstance(v, Estimate) else None for v in row]) for name, row in rows]
    shades = [("turn", text, charts.shade(index, len(table.columns))) for index, text in enumerate(table.columns)]
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
            caption = f"Logits of held-out answers by the last verifier of {cell.name}; equal areas."
            picture = charts.legend(names) + charts.histogram(found.edges, series)
            return figure("Verifier scores", picture, caption)
    return figure("Verifier scores", "", NOT_YET)


def _greedy(outcomes: Outcomes) -> Iterator[str]:
    """Greedy accuracy after each iteration, and of the last one after each turn."""
    tables = Tables(outcomes)
    iterations = range(max(cell.config.run.iterations for cell in _main(outcomes)) + 1)
    turns = range(1, tables.turns + 1)
    views = (
        (
            "iteration",
            iterations,
            lambda name, i: Cut(strategy=name, selector="greedy", turn=tables.turns, iteration=i),
        ),
        ("turn", turns, lambda name, turn: Cut(strategy=name, selector="greedy", turn=turn)),
    )
    for what, points, cut in views:
        groups = []
        for name in tables.strategies:
            values = [tables.value(cut(name, point)) for point in points]
            if any(values):
                groups.append((label(name), [_bar(value) if value else None for value in values]))
        if not groups:
            yield figure(f"Greedy accuracy by {what}", "", NOT_YET)
            continue
        names = [f"{what} {point}" for point in points]
        shades = [("turn", name, charts.shade(index, len(names))) for index, name in enumerate(names)]
        picture = charts.legend(shades) + charts.bars(groups, names)
        caption = f"Test problems solved (%) by {what}, greedy, over all seeds. Iteration 0 is the base model."
        yield figure(f"Greedy accuracy by {what}", picture, caption)


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


def _times(outcomes: Outcomes) -> str:
    """Where the time of the stages went, shared ones counted once."""
    asked = [manifest for cell in outcomes.cells for manifest in outcomes.stages(cell)]
    kept = {manifest.directory: manifest for manifest in asked}.values()
    spent: dict[str, list[float]] = {}
    for manifest in kept:
        kind = "searches" if manifest.stage.startswith("search_") else charts.plain(manifest.stage)
        spent.setdefault(kind, []).append(manifest.seconds)
    if not spent:
        return figure("Time", "", NOT_YET)
    rows = [
        (f"{kind} ×{len(seconds)}", [charts.Segment(key="turn", name=kind, value=sum(seconds))], duration(sum(seconds)))
        for kind, seconds in sorted(spent.items(), key=lambda item: -sum(item[1]))
    ]
    total = duration(sum(manifest.seconds for manifest in kept))
    caption = f"{len(kept)} stages took {total}; the cells asked for {len(asked)}, the others were shared."
    return figure("Time", charts.stacked(rows, label_width=116), caption)


# ---- tables ---------------------------------------------------------------------------------------------------


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
    played: dict[str, dict[str, Episode]] = {}
    for strategy in SIDE_BY_SIDE:
        cell = next((cell for cell in _main(outcomes) if (cell.strategy, cell.loss) == (strategy, "bt")), None)
        manifest = outcomes.manifest(cell, "search_sweep") if cell else None
        if cell and manifest:
            episodes = islice(stream(manifest, SHOWN_SELECTOR), READ_EPISODES)
            found = {episode.problem_id: episode for episode in episodes}
            played |= {f"{label(strategy)}, seed {cell.seed}": found} if found else {}
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
    versions = store.read_json("environment.json") or {}
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
