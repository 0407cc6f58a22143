"""report.html of a study: claims and pictures first, then tables, then one problem as several methods answered it."""

from html import escape
from itertools import islice

from actors.search.episode import Episode
from pipeline.config.losses import BRADLEY_TERRY
from pipeline.evaluation.claims import MARKS, Claim, Comparison
from pipeline.evaluation.statistics import MARGIN
from pipeline.methods.strategies import BASE_STRATEGY
from pipeline.report import charts
from pipeline.report.html import html_document, html_table, preformatted, value_cell, versions_and_settings
from pipeline.report.transcripts import episode_turns, stream_episodes
from pipeline.stages.search import SEARCH_BEST_OF_N
from pipeline.state.shown_files import stored_environment
from pipeline.state.store import Store
from pipeline.study.cells.finished import FinishedStages
from pipeline.study.cells.reader import StudyReader
from pipeline.study.figures import NOT_YET, estimate_bar, study_figures
from pipeline.study.results import (
    INTERVAL_NOTE,
    VERDICT_WORDS,
    StudyResults,
    chance_note,
    comparison_text,
    difference_text,
    percent_text,
)
from pipeline.study.runs import method_label
from pipeline.study.tables import StudyTable

CSS_CLASSES = {"holds": "yes", "does not hold": "no", "undecided": "", None: ""}
COLOURS = {"holds": "accepted", "does not hold": "wrong", "undecided": "none"}
SIDE_BY_SIDE = (BASE_STRATEGY, "rft", "mucode")
SHOWN_SELECTOR = "pt_lv"
READ_EPISODES, SHOWN_PROBLEMS = 500, 6


def study_page(results: StudyResults, reader: StudyReader, stages: FinishedStages, store: Store) -> str:
    """A whole HTML document that fetches nothing; `store` is the study's directory."""
    tables = [f"<h2>{escape(table.title)}</h2>{_table(table)}" for table in results.tables]
    body = [
        f"<h1>{escape(results.study.name)}</h1><p class=soft>{escape(_state(results))} {INTERVAL_NOTE}</p>",
        f"<h2>The paper's claims, in small</h2>{_claims(results)}",
        f"<div class=figures>{''.join(study_figures(results, reader, stages))}</div>",
        *tables,
        f"<h2>One problem, several methods</h2>{_side_by_side(stages)}",
        f"<h2>Versions and settings</h2>{_provenance(results, store)}",
    ]
    return html_document(results.study.name, "".join(body))


def _state(results: StudyResults) -> str:
    done, every = len(results.finished), len(results.runs)
    return f"{'finished' if done == every else 'in progress'}: {done} of {every} runs."


def _claims(results: StudyResults) -> str:
    """Every claim with its verdict, and its comparisons as intervals on one scale."""
    known = [one.estimate for claim in results.claims for one in claim.comparisons if one.estimate is not None]
    reach = max((max(abs(found.low), abs(found.high)) for found in known), default=0.0) or 0.1
    legend = (
        f"Paired differences in points of accuracy, on a scale of ±{100 * reach:.0f}; the line in the middle is 0. "
        f"Green holds, red does not, grey is undecided. “≥” allows for a margin of {100 * MARGIN:g} points (dashed)."
    )
    return f"<p class=soft>{legend} {chance_note(results.claims)}</p>" + "".join(
        _claim(claim, reach) for claim in results.claims
    )


def _claim(claim: Claim, reach: float) -> str:
    mark, word = MARKS[claim.verdict], VERDICT_WORDS[claim.verdict]
    head = f"<h3><span>{mark} {escape(claim.text)}</span><span>{word}</span></h3>"
    comparisons = "".join(_comparison(one, reach) for one in claim.comparisons)
    return f'<div class="claim {CSS_CLASSES[claim.verdict]}">{head}{comparisons}</div>'


def _comparison(comparison: Comparison, reach: float) -> str:
    picture = ""
    if comparison.estimate is not None and comparison.verdict is not None:
        edge = -MARGIN if comparison.kind == "at least" else 0.0
        picture = charts.format_interval(estimate_bar(comparison.estimate), COLOURS[comparison.verdict], reach, edge)
    value, _, rest = difference_text(comparison).partition(", ")
    word = VERDICT_WORDS[comparison.verdict]
    columns = (escape(comparison_text(comparison)), picture, f"{value}<br><small>{rest}</small>", word)
    return f"<div class=comparison>{''.join(f'<span>{column}</span>' for column in columns)}</div>"


def _table(table: StudyTable) -> str:
    rows = [[escape(name), *(value_cell(percent_text(value)) for value in values)] for name, values in table.rows]
    head = ["", *map(escape, table.columns)]
    return f"<p class=soft>{escape(table.note)}</p>{html_table(head, rows)}"


def _side_by_side(stages: FinishedStages) -> str:
    """Test problems as the methods' PT+LV searches answered them, those first on which they differ."""
    found = {name: episodes for method in SIDE_BY_SIDE for name, episodes in _episodes(stages, method).items()}
    if not found:
        return f"<p>{NOT_YET}</p>"
    shared = sorted(set.intersection(*map(set, found.values())))
    kinds: dict[tuple[bool, ...], list[str]] = {}
    for problem in shared:
        kinds.setdefault(tuple(_solved(episodes[problem]) for episodes in found.values()), []).append(problem)
    differing = sorted(kinds, key=lambda kind: (len(set(kind)) == 1, kind))
    shown = [problem for kind in differing for problem in kinds[kind][:1]][:SHOWN_PROBLEMS]
    return "".join(_problem(problem, {name: one[problem] for name, one in found.items()}) for problem in shown)


def _episodes(stages: FinishedStages, method: str) -> dict[str, dict[str, Episode]]:
    """By a name of the method, its first run's episodes by problem; {} if there are none yet."""
    wanted = ("main", method, BRADLEY_TERRY)
    run = next((run for run in stages.runs if (run.view, run.method, run.loss) == wanted), None)
    manifest = stages.manifest(run, SEARCH_BEST_OF_N) if run else None
    if run is None or manifest is None:
        return {}
    episodes = islice(stream_episodes(manifest, SHOWN_SELECTOR), READ_EPISODES)
    found = {episode.problem_id: episode for episode in episodes}
    return {f"{method_label(method)}, seed {run.seed}": found} if found else {}


def _solved(episode: Episode) -> bool:
    return bool(episode.turns) and episode.turns[-1].answer.label is True


def _problem(problem: str, episodes: dict[str, Episode]) -> str:
    words = " · ".join(f"{name}: {'solved' if _solved(one) else 'not solved'}" for name, one in episodes.items())
    prompt = next(iter(episodes.values())).prompt
    columns = "".join(
        f"<div class=method><h3>{escape(name)}</h3>{episode_turns(episode, {})}</div>"
        for name, episode in episodes.items()
    )
    return (
        f"<details><summary><b>{escape(problem)}</b><br><small>{escape(words)}</small></summary><div>"
        f"<div class=prompt><small>Prompt</small>{preformatted(prompt)}</div><div class=turns>{columns}</div>"
        "</div></details>"
    )


def _provenance(results: StudyResults, store: Store) -> str:
    versions = stored_environment(store)
    return versions_and_settings(
        versions,
        results.study.model_dump(mode="json"),
        versions_title="Versions",
        settings_title="The study file",
    )
