"""The numbers of a run as series, and as lines of metrics.jsonl."""

import json
from pathlib import Path

from pipeline.report.series import SeriesPoint, read_series, series_record
from pipeline.state.store import Store
from tests.support.small_run import commit_stage, finish_metrics, metric


def test_one_series_per_iteration_metric_and_search_in_reading_order(store: Store) -> None:
    table = read_series(store)
    assert [(one.iteration, one.series, one.label) for one in table] == [
        (0, "greedy", "base model, greedy"),
        (0, "held_out_pairs", "verifier 0, all held-out answers"),
        (1, "greedy", "µCode iteration 1, greedy"),
        (1, "control", "control, greedy"),
        (1, "pt_lv", "best of 5, PT+LV"),
        *[(1, "held_out_pairs", "verifier 1, all held-out answers")] * 2,
    ]
    assert [one.metric for one in table[5:]] == ["pair_accuracy", "auc"]
    assert table[2].points == (
        SeriesPoint(turn=1, value=0.45, low=0.38, high=0.52),
        SeriesPoint(turn=2, value=0.55, low=0.48, high=0.62),
    )


def test_a_line_of_metrics_jsonl_has_the_columns_that_it_always_had(store: Store) -> None:
    line = series_record(read_series(store)[4])
    assert json.loads(json.dumps(line)) == {
        **{"iteration": 1, "metric": "accuracy", "series": "pt_lv", "width": 5, "beam": 1},
        **{"policy_id": "p", "verifier_id": "v", "n": 200, "masked": 0, "label": "best of 5, PT+LV"},
        "turns": [
            {"turn": 1, "value": 0.52, "low": 0.45, "high": 0.59},
            {"turn": 2, "value": 0.57, "low": 0.51, "high": 0.65},
        ],
        **{"policy": 1, "returned": True},
    }


def test_searches_say_whose_they_are_if_that_is_not_plain(tmp_path: Path) -> None:
    """A run that was extended and returns an earlier iteration."""
    store = Store(str(tmp_path / "grown"))
    for iteration in range(3):
        finish_metrics(
            store,
            iteration,
            metric("greedy", (0.1 * (iteration + 1), 0.05, 0.5)),
            *([metric("pt", (0.6, 0.5, 0.7), width=5)] if iteration else []),
        )
    commit_stage(store, 2, "returned", {"iteration": 1})
    labels = [one.label for one in read_series(store) if one.series == "pt"]
    assert labels == ["best of 5, PT, it 1", "best of 5, PT, it 1"]  # both of the policy of iteration 1


def test_a_selector_and_a_strategy_that_are_not_installed_here_go_by_the_end_of_their_names(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "foreign"))
    store.write(json.dumps({"run": {"strategy": "not_here.rows:MINE"}}).encode(), "config.json")
    finish_metrics(store, 0)
    finish_metrics(
        store,
        1,
        metric("held_out_pairs", (0.5, 0.35, 0.65)),
        metric("not_here.rows:SHORTEST", (0.6, 0.5, 0.7), width=5),
        metric("pt", (0.6, 0.5, 0.7), width=5),
        metric("greedy", (0.3, 0.2, 0.4)),
    )
    assert [one.label for one in read_series(store)] == [
        "MINE iteration 1, greedy",
        "best of 5, PT",
        "best of 5, SHORTEST",
        "verifier 1, all held-out answers",
    ]
