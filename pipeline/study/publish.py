"""What a study leaves for readers: its cells, and the results that are made of them, here or from the file alone."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.state.plugins import stored_plugins, tell_plugin_labels
from pipeline.state.run_directory import run_root
from pipeline.state.store import Store
from pipeline.study.cells.file import CELLS, encode_cells, read_cells
from pipeline.study.cells.finished import FinishedStages
from pipeline.study.cells.outcomes import StudyOutcomes
from pipeline.study.cells.reader import StudyReader
from pipeline.study.cells.rows import collect_cells
from pipeline.study.page import study_page
from pipeline.study.results import StudyResults, results_json, results_markdown, study_results
from pipeline.study.runs import StudyRun
from pipeline.study.spec import Study


def publish_study(study: Study, runs: Sequence[StudyRun]) -> str:
    """Write cells.parquet, results.json, results.md and report.html from what is finished; returns the Markdown."""
    every = [row for run in runs for row in stored_plugins(Store(run_root(run.config)))]
    plugins = [dict(row) for row in dict.fromkeys(tuple(sorted(row.items())) for row in every)]
    tell_plugin_labels(plugins)
    stages, store = FinishedStages(runs), Store(study.directory)
    cells = collect_cells(stages)
    reader = StudyReader(StudyOutcomes(cells))
    results = study_results(study, reader)
    store.write(encode_cells(study, cells, plugins), CELLS)
    store.write(study_page(results, reader, stages, store).encode(errors="replace"), "report.html")
    return _write_results(results, store)


def recompute_study(file: Path, out: Path | None = None) -> str:
    """The results of a study from its cells alone: the Markdown; with `out`, results.json and results.md in there.

    Both are byte for byte what the study wrote. Raises StoreError if the file is not a study's.
    """
    study, cells = read_cells(file)
    results = study_results(study, StudyReader(StudyOutcomes(cells)))
    return results_markdown(results) if out is None else _write_results(results, Store(str(out)))


def _write_results(results: StudyResults, store: Store) -> str:
    text = results_markdown(results)
    store.write(results_json(results).encode(), "results.json")
    store.write(text.encode(), "results.md")
    return text
