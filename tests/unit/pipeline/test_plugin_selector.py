"""A selector that another package brings is one row: every place that speaks of selectors reads it."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from actors.search.plan import SearchPlan
from actors.search.selection import keep_best
from actors.search.selector import SelectorError
from actors.search.selectors import SELECTORS, evaluated_selectors
from actors.storage.parts import commit_part
from pipeline import cli
from pipeline.config.load import load_config
from pipeline.errors import ConfigError
from pipeline.evaluation.best_of_n import best_of_n_searches
from pipeline.evaluation.metric_rows import METRIC_SCHEMA
from pipeline.evaluation.search_metrics import best_of_n_search_rows, first_turn_rows
from pipeline.evaluation.search_records import search_record
from pipeline.preflight.selectors import check_selectors
from pipeline.report.evaluation_table import evaluation_table
from pipeline.report.page import write_report
from pipeline.report.results import print_results
from pipeline.report.series import read_series
from pipeline.stages.search import GREEDY_SEARCHES
from pipeline.state.store import Store
from pipeline.study.cells.outcomes import OutcomeMatrix, SearchSlice, StudyOutcomes
from pipeline.study.cells.reader import StudyReader
from pipeline.study.cells.rows import StudyCells
from pipeline.study.comparisons import StudyComparer
from pipeline.study.load import load_study
from pipeline.study.runs import study_runs
from pipeline.study.tables import selectors_table
from sandbox.problem import Problem
from sandbox.registry import RegistryError
from sandbox.verdict import Verdict
from tests.support.episodes import answer, episode, right, wrong
from tests.support.small_run import commit_stage

ROW = """
from actors.search.selector import Selector

def rank(candidates, seed):
    return sorted(candidates, key=lambda one: (one.passes_public is not True, -one.index))

SHORTEST = Selector(
    rank=rank,
    label="last that passes",
    description="The last answer that passes the public tests.",
    needs_public=True,
    rank_key=lambda one: one.passes_public is True,
)
NO_SELECTOR = 7
"""
STUDY = """
name = "hand"
root = "{root}"
[[methods]]
strategies = ["base"]
seeds = [0]
selectors = ["random", "{selector}"]
"""


@pytest.fixture
def selector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a selector whose module can be imported, and is not yet."""
    module = f"rows_of_{tmp_path.name}"
    (tmp_path / f"{module}.py").write_text(ROW)
    monkeypatch.syspath_prepend(tmp_path)
    return f"{module}:SHORTEST"


def test_the_config_takes_it_without_importing_it(selector: str) -> None:
    config = load_config(overrides=[f"eval.selectors=['pt', '{selector}']"])
    assert config.eval.selectors == ("pt", selector)
    assert selector.partition(":")[0] not in sys.modules
    assert (selector, 5) in best_of_n_searches(config)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("pt_vl", "did you mean 'pt_lv'"),
        ("shortest", "no selector is named 'shortest'"),
        ("first", "chooses nothing"),
        *((series, f"no selector may be named '{series}'") for series in GREEDY_SEARCHES),
    ],
)
def test_a_wrong_name_is_refused_with_the_nearest_one(name: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(overrides=[f"eval.selectors=['{name}']"])


def test_what_is_not_a_row_is_refused(selector: str) -> None:
    with pytest.raises(RegistryError, match="is int, expected Selector"):
        SELECTORS[selector.replace("SHORTEST", "NO_SELECTOR")]


def test_the_help_is_made_of_rows(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["eval", "--help"])
    text = " ".join(capsys.readouterr().out.split())
    for name, row in evaluated_selectors().items():
        assert f"{name}: {row.description}" in text
    assert "first:" not in text


def test_a_search_plays_it_and_an_evaluation_shows_it(selector: str) -> None:
    found = [wrong("w"), right("a"), right("b")]
    assert keep_best(found, SELECTORS[SearchPlan(selector=selector, width=3).selector], 0, frozenset()) == [2]
    searched = replace(search_record(episode("e", right("a"))), selector=selector, width=5)
    pool = replace(episode("e", right("a")), selector="first")
    pool = replace(
        pool, turns=(replace(pool.turns[0], answers=(right("a"), answer("b", Verdict.WRONG_ANSWER)), kept=(0,)),)
    )
    rows = best_of_n_search_rows([searched], turns=1)
    rows += first_turn_rows([search_record(pool)], [2], [], selectors=(selector,))
    text = evaluation_table(rows, "title")
    assert "best of 5, last that passes 100 [" in text
    assert [row.value for row in rows if row.metric == "best_of_n"] == [1.0]
    assert "best of 2, last that passes" in text


@pytest.mark.parametrize("keys", [(None, 1), (float("nan"), 1.0), ((True, float("nan")), (True, 1.0))])
def test_rank_keys_without_an_order_are_refused(selector: str, monkeypatch: pytest.MonkeyPatch, keys: object) -> None:
    """NaN would make best of N depend on the order in which answers were sampled."""
    row = replace(SELECTORS[selector], rank_key=lambda one: keys[one.index])  # type: ignore[index]
    monkeypatch.setitem(SELECTORS._loaded, selector, row)
    pool = replace(episode("e", right("a")), selector="first")
    pool = replace(pool, turns=(replace(pool.turns[0], answers=(right("a"), wrong("b")), kept=(0,)),))
    with pytest.raises(SelectorError, match=r"rank_key of selector 'last that passes' returned .* without an order"):
        first_turn_rows([search_record(pool)], [2], [], selectors=(selector,))


def test_an_evaluation_asks_the_row_what_it_needs(selector: str) -> None:
    problem = Problem(problem_id="p", prompt="")
    with pytest.raises(ConfigError, match="SHORTEST looks at public tests, and none of the 1 problems"):
        check_selectors(load_config(overrides=[f"eval.selectors=['{selector}']"]), None, [problem])


def metric(series: str, value: float, width: int) -> dict[str, object]:
    return {
        **{"iteration": 0, "metric": "accuracy", "series": series, "turn": 1, "width": width, "beam": 1},
        **{"policy_id": "p", "verifier_id": "", "value": value, "low": value, "high": value, "n": 9, "masked": 0},
    }


def test_a_report_shows_it_without_importing_it(selector: str, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "run"))
    rows = [metric("greedy", 0.2, 1), metric(selector, 0.6, 5), metric(selector, 0.5, 2), metric("pt", 0.4, 5)]
    commit_part(store.directory(0, "metrics"), 0, pa.Table.from_pylist(rows, schema=METRIC_SCHEMA))
    commit_stage(store, 0, "metrics")
    labels = ["base model, greedy", "best of 5, PT", "best of 2, SHORTEST", "best of 5, SHORTEST"]
    assert [one.label for one in read_series(store)] == labels
    assert "best of 5, SHORTEST" in print_results(store)
    page = Path(write_report(store)).read_text()
    for title in ("Best of 5", "Best of N"):
        assert "SHORTEST" in page[page.index(f"<h3>{title}") :].partition("</figure>")[0]
    assert selector.partition(":")[0] not in sys.modules


class SolvedByHand(StudyOutcomes):
    def seeds(self, part: SearchSlice) -> tuple[int, ...]:
        return (0,)

    def matrix(self, part: SearchSlice) -> OutcomeMatrix | None:
        return OutcomeMatrix(seeds=(0,), totals=np.ones((1, 4)), counts=np.ones((1, 4)))


def test_a_study_compares_it_without_importing_it(selector: str, tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text(STUDY.format(root=tmp_path, selector=selector))
    reader = StudyReader(SolvedByHand(StudyCells(runs=tuple(study_runs(load_study(file))))))
    shown = selectors_table(reader)
    assert shown.columns == ("random", "SHORTEST")
    assert [value is not None for _, values in shown.rows for value in values] == [True, True]
    (comparison,) = StudyComparer(reader).compare_selectors(selector, "random", "above")
    assert (comparison.left, comparison.right) == ("base, SHORTEST", "base, random")
    assert selector.partition(":")[0] not in sys.modules
