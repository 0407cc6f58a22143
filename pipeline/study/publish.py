"""What a study leaves for readers: its cells, and the results that are made of them, here or from the file alone."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.state.plugins import stored_plugins, tell_plugin_labels
from pipeline.state.run_directory import run_root
from pipeline.state.store import Store
from pipeline.study.cells.file import CELLS, CellsFile, encode_cells, read_cells
from pipeline.study.cells.finished import FinishedStages
from pipeline.study.cells.outcomes import StudyOutcomes
from pipeline.study.cells.pool import pool_cells
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
    store.write(encode_cells(CellsFile(study, cells, plugins)), CELLS)
    store.write(study_page(results, reader, stages, store).encode(errors="replace"), "report.html")
    return _write_results(results, store)


def recompute_study(files: Sequence[Path], out: Path | None = None, name: str | None = None) -> str:
    """The results of a study from its cells alone: the Markdown; with `out`, results.json and results.md in there.

    Both are byte for byte what the study wrote. Several files are laid together as `pool_cells` says, under `name`, and
    `out` gets the cells, too. Raises StoreError if a file is not a study's, or if they do not belong together.
    """
    parts = [read_cells(file) for file in files]
    content = pool_cells(parts, name) if len(parts) > 1 else parts[0]
    results = study_results(content.study, StudyReader(StudyOutcomes(content.cells)))
    if out is None:
        return results_markdown(results)
    store = Store(str(out))
    if len(files) > 1:
        store.write(encode_cells(content), CELLS)
    return _write_results(results, store)


def _write_results(results: StudyResults, store: Store) -> str:
    text = results_markdown(results)
    store.write(results_json(results).encode(), "results.json")
    store.write(text.encode(), "results.md")
    return text
