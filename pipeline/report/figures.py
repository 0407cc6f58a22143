"""The pictures of a run's report: what was solved, how well verifiers rank, how episodes ended, where time went."""

from collections.abc import Iterator, Sequence

from actors.search.selectors import selector_label
from pipeline.evaluation.metric_rows import read_reliability
from pipeline.evaluation.verifier_metrics import ALL_HELD_OUT, RANKED
from pipeline.methods.strategies import BASE_STRATEGY, CONTROL_STRATEGY, strategy_label
from pipeline.report import charts
from pipeline.report.curves import best_of_n_curves
from pipeline.report.funnel import VERDICTS_TITLE, FunnelStep
from pipeline.report.html import html_figure, swatch_legend
from pipeline.report.series import Series, SeriesPoint, find_series, selectors_of
from pipeline.report.training_curves import training_figures
from pipeline.report.transcripts import COLOURS
from pipeline.report.verifiers import score_histogram
from pipeline.stages.catalogue import STAGE_NAMES
from pipeline.stages.metrics import METRICS
from pipeline.stages.sampling import HELD_OUT
from pipeline.stages.verifier import SCORES
from pipeline.state.manifest import Manifest
from pipeline.state.shown_files import stored_spans
from pipeline.state.store import Store
from pipeline.trackers.console import plain_words, short_duration


def run_figures(
    store: Store, table: Sequence[Series], manifests: Sequence[Manifest], steps: Sequence[FunnelStep]
) -> Iterator[str]:
    """One figure after the other; one of what is not there yet says so."""
    yield _greedy(table)
    yield _searches(table)
    yield from _curves(manifests)
    yield _pair_accuracy(table)
    yield from _calibration(manifests)
    yield _scores(manifests)
    yield from training_figures(manifests)
    yield _verdicts(steps)
    yield _times(store, manifests)


def _accuracy_bars(title: str, rows: Sequence[tuple[str, Series]], caption: str) -> str:
    if not rows:
        return html_figure(title, "", "Not there yet: no search of this kind has been evaluated.")
    turns = [f"turn {point.turn}" for point in max((row.points for _, row in rows), key=len)]
    picture = charts.bar_chart([(label, [_bar(point) for point in row.points]) for label, row in rows], turns)
    shades = [("turn", name, charts.shade_class(index, len(turns))) for index, name in enumerate(turns)]
    return html_figure(title, swatch_legend(shades) + picture, caption)


def _bar(point: SeriesPoint) -> charts.Bar:
    return charts.Bar(value=point.value, low=point.low, high=point.high)


def _greedy(table: Sequence[Series]) -> str:
    base, control = strategy_label(BASE_STRATEGY), strategy_label(CONTROL_STRATEGY)
    rows = [(f"it {row.iteration}" if row.iteration else base, row) for row in table if row.series == "greedy"]
    rows += [(control, row) for row in table if row.series == CONTROL_STRATEGY]
    caption = "Test problems solved (%) by the answer held after each turn, one greedy answer per turn."
    return _accuracy_bars("Greedy accuracy", rows, caption + " Lines: 95 % intervals over problems.")


def _searches(table: Sequence[Series]) -> str:
    last = max((row.iteration for row in table if row.by_selector), default=0)
    rows = [(selector_label(name), row) for name in selectors_of(table) if (row := find_series(table, last, name))]
    width = rows[0][1].width if rows else "N"
    policy = rows[0][1].policy if rows else last
    if rows and (greedy := find_series(table, policy, "greedy")):
        rows.insert(0, ("greedy", greedy))
    caption = (
        f"Iteration {policy}: {width} answers per turn, one selected by public tests (PT), verifier (LV) or both (%)."
    )
    return _accuracy_bars(f"Best of {width}, by selector", rows, caption)


def _curves(manifests: Sequence[Manifest]) -> Iterator[str]:
    """The curve over N, if there were searches at several N."""
    lines = [(selector_label(name), points) for name, points in best_of_n_curves(manifests)]
    if lines:
        caption = "Test problems solved (%) after the last turn, by answers per turn; 95 % intervals over problems."
        yield html_figure("Best of N", charts.line_chart(lines, "N"), caption)


def _pair_accuracy(table: Sequence[Series]) -> str:
    done = sorted({row.iteration for row in table if row.metric == "pair_accuracy"})
    if not done:
        return html_figure("Verifier", "", "Not there yet: no verifier has ranked the held-out pairs.")
    groups = [
        (f"it {i}", [_bar(row.last) if (row := find_series(table, i, name)) else None for name in RANKED]) for i in done
    ]
    shades = [("turn", text, charts.shade_class(index, len(RANKED))) for index, text in enumerate(RANKED.values())]
    picture = swatch_legend(shades) + charts.bar_chart(groups, list(RANKED.values()), chance=0.5)
    caption = "Held-out pairs of a right and a wrong answer that the verifier ranks right (%). Dashed: chance."
    return html_figure("Verifier", picture, caption)


def _calibration(manifests: Sequence[Manifest]) -> Iterator[str]:
    """How often the last verifier was right, beside how sure it was."""
    measured = [manifest for manifest in manifests if manifest.stage == METRICS.name]
    bins = read_reliability(measured[-1], ALL_HELD_OUT) if measured else []
    if bins:
        names = ["predicted", "observed"]
        groups = [
            (
                f"{100 * one.low:.0f}–{100 * one.high:.0f}",
                [charts.Bar(value=v, low=v, high=v) for v in (one.predicted, one.observed)],
            )
            for one in bins
        ]
        shades = [("turn", name, charts.shade_class(index, 2)) for index, name in enumerate(names)]
        caption = (
            f"How often the verifier of iteration {measured[-1].iteration} was right on held-out answers (%), by how "
            f"sure it was: a calibrated one has equal bars. {sum(one.count for one in bins)} judgements."
        )
        yield html_figure("Verifier calibration", swatch_legend(shades) + charts.bar_chart(groups, names), caption)


def _scores(manifests: Sequence[Manifest]) -> str:
    scored = [manifest for manifest in manifests if manifest.stage == SCORES.name]
    held_out = [manifest for manifest in manifests if manifest.stage == HELD_OUT.name]
    found = score_histogram(scored[-1], held_out[-1]) if scored and held_out else None
    if found is None:
        return html_figure("Verifier scores", "", "Not there yet: no answers have been scored.")
    series = [("wrong", "wrong answers", found.wrong), ("accepted", "right answers", found.right)]
    names = [(key, f"{sum(counts)} {name}", 1.0) for key, name, counts in reversed(series)]
    caption = f"Scores (logits) of held-out answers by the verifier of iteration {scored[-1].iteration}; equal areas."
    return html_figure("Verifier scores", swatch_legend(names) + charts.histogram_chart(found.edges, series), caption)


def _verdicts(steps: Sequence[FunnelStep]) -> str:
    rows: list[tuple[str, list[charts.Segment], str]] = []
    seen: dict[str, tuple[str, str, float]] = {}
    for step in steps:
        if step.title != VERDICTS_TITLE:
            continue
        segments = []
        for name, count in step.parts.items():
            colour = COLOURS.get(name, "limit")
            seen.setdefault(name, (colour, plain_words(name), 1.0))
            segments.append(charts.Segment(key=colour, name=f"{plain_words(name)}: {count}", value=count))
        rows.append((f"iteration {step.iteration}", segments, str(step.total)))
    if not rows:
        return html_figure("How sampled episodes ended", "", "Not there yet: no episodes have been sampled.")
    picture = swatch_legend(list(seen.values())) + charts.stacked_bars(rows, label_width=74)
    return html_figure("How sampled episodes ended", picture, "Final verdict of each training episode, by iteration.")


def _times(store: Store, manifests: Sequence[Manifest]) -> str:
    count = 1 + max((manifest.iteration for manifest in manifests), default=0)
    rows = []
    for name in STAGE_NAMES:
        mine = [manifest for manifest in manifests if manifest.stage == name]
        segments = [
            charts.Segment(
                key="turn",
                name=f"{name}, iteration {manifest.iteration}: {manifest.seconds:.1f} s",
                value=manifest.seconds,
                shade=charts.shade_class(manifest.iteration, count),
            )
            for manifest in mine
        ]
        if mine:
            rows.append((plain_words(name), segments, short_duration(sum(segment.value for segment in segments))))
    if not rows:
        return html_figure("Time per stage", "", "Not there yet: no stage has finished.")
    shades = [("turn", f"iteration {i}", charts.shade_class(i, count)) for i in range(count)]
    return html_figure(
        "Time per stage", swatch_legend(shades) + charts.stacked_bars(rows), _time_caption(store, manifests)
    )


def _time_caption(store: Store, manifests: Sequence[Manifest]) -> str:
    total = sum(manifest.seconds for manifest in manifests)
    text = f"Stages took {short_duration(total)} together."
    wall = sum(span.seconds for span in stored_spans(store) if span.name == "run")
    return f"{text} The run took {short_duration(wall)}, start-up of actors included." if wall else text
