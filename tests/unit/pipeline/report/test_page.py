"""report.html: self-contained, safe, and true of runs that are not finished."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pyarrow as pa

from actors.search.episode import EPISODE_SCHEMA
from actors.storage.parts import commit_part
from pipeline.evaluation.claims import claim_line
from pipeline.report.page import write_report
from pipeline.report.run_claims import run_claims
from pipeline.report.series import read_series
from pipeline.state.store import Store
from tests.support.small_run import EPISODES, commit_stage, finish_metrics, metric


def test_page_is_self_contained_and_escapes_what_models_wrote(store: Store) -> None:
    page = Path(write_report(store)).read_text()
    assert "http://" not in page and "https://" not in page
    assert not re.search(r"<script|<img|<link|@import|url\(|\ssrc=\w+://", page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;img src=x onerror=alert(2)&gt;" in page
    for claim in run_claims(store, read_series(store)):
        mark, _, text = claim_line(claim).partition(" ")
        assert f"<b>{mark}</b>{text}</li>" in page
    kinds = re.findall(r"<summary><b>(.*?)</b>", page)
    rollouts = ["solved at turn 1", "solved later", "never solved", "passes public, fails private"]
    assert kinds == [*rollouts, "solved later", "never solved"]  # the last two of the PT+LV searches


def test_calibration_is_drawn_bin_by_bin(store: Store) -> None:
    bins = [
        {"iteration": 2, "series": "held_out_pairs", "number": number, "low": low, "high": low + 0.25, "count": count}
        | {"predicted": predicted, "observed": observed}
        for number, (low, count, predicted, observed) in enumerate([(0.5, 7, 0.6, 0.55), (0.75, 8, 0.9, 0.97)])
    ]
    finish_metrics(store, 2, bins=bins)
    page = Path(write_report(store)).read_text()
    assert "Verifier calibration" in page and "15 judgements" in page and "<title>75–100, observed: 97.0 %" in page


def test_page_of_a_run_in_progress_says_what_is_missing(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "begun"))
    assert "Not there yet" in Path(write_report(store)).read_text()
    store.write(json.dumps({"run": {"iterations": 2}}).encode(), "config.json")
    commit_part(store.directory(0, "episodes"), 0, pa.Table.from_pylist(EPISODES, schema=EPISODE_SCHEMA))
    page = Path(write_report(store)).read_text()
    assert "in progress: 0 of 3 iterations evaluated; begun: episodes of iteration 0 (1 part so far)" in page


def test_searches_stand_beside_the_greedy_row_of_their_policy(tmp_path: Path) -> None:
    """A run that was extended and returns an earlier iteration, whose greedy row stands beside its searches."""
    store = Store(str(tmp_path / "grown"))
    for iteration in range(3):
        finish_metrics(
            store,
            iteration,
            metric("greedy", (0.1 * (iteration + 1), 0.05, 0.5)),
            *([metric("pt", (0.6, 0.5, 0.7), width=5)] if iteration else []),
        )
    commit_stage(store, 2, "returned", {"iteration": 1})
    page = Path(write_report(store)).read_text()
    picture = page[page.index("<h3>Best of 5, by selector") :].partition("</figure>")[0]
    assert "Iteration 1: 5 answers" in picture and "<title>greedy: 20.0" in picture


def test_run_without_iterations_shows_the_base_model_alone(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "base"))
    finish_metrics(store, 0, metric("greedy", (0.5, 0.4, 0.6)), metric("pt_lv", (0.8, 0.75, 0.85), width=3))
    assert "base model, greedy" in Path(write_report(store)).read_text()


def test_report_imports_nothing_heavy() -> None:
    code = "import sys, pipeline.report.page; assert not {'ray', 'torch', 'vllm'} & set(sys.modules), sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
