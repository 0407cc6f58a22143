"""The results on the console."""

import json
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.report.page import write_report
from pipeline.report.results import print_results
from pipeline.report.series import read_series, series_record
from pipeline.state.store import Store
from tests.support.small_run import finish_metrics, metric


def test_console_fits_a_job_log(store: Store) -> None:
    text = print_results(store)
    assert max(map(len, text.splitlines())) <= 100
    assert "\x1b" not in text
    assert "base model, greedy            30.0 [24.0, 36.0]   40.0 [34.0, 46.0]      200" in text
    assert "best of 5, PT+LV              52.0 [45.0, 59.0]   57.0 [51.0, 65.0]      200" in text
    assert "verifiers, on held-out answers        pairs right           n   AUC" in text
    assert "verifier 1, all held-out answers      75.0 [60.0, 90.0]    40  81.0" in text
    assert "verifier 0, all held-out answers      50.0 [35.0, 65.0]    40     -" in text
    assert "✓ 55.0 % vs 40.0 %: +15.0 points (95 % CI +9.9" in text


def test_answers_without_a_program_are_told_apart_from_wrong_ones(tmp_path: Path) -> None:
    """Of 200 episodes 100 go on; a quarter of their second answers hold no program, 15 % because they were cut."""
    store = Store(str(tmp_path / "rates"))
    rates = {
        "accuracy": (0.5, 0.55),
        "answers": (1.0, 0.5),
        "no_program": (0.0, 0.25),
        "no_program_cut": (None, 0.15),
        "no_program_no_fence": (None, 0.1),
        "cut_short": (0.01, 0.2),
        "accuracy_with_program": (0.5, 0.625),
    }
    rows = [
        {**row, "metric": name}
        for name, values in rates.items()
        for row, value in zip(metric("greedy", *((value or 0.0, 0, 1) for value in values)), values, strict=True)
        if value is not None
    ]
    clean = [{**row, "metric": "answers"} for row in metric("pt", (1.0, 1.0, 1.0), width=5)]
    finish_metrics(store, 0, rows, clean)
    lines = print_results(store).splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("answers of a turn"))
    assert [" ".join(line.split()) for line in lines[start : start + 8]] == [
        "answers of a turn turn 1 turn 2",
        "base model, greedy answers 200 100",
        "without a program, % 0.0 25.0",
        "cut before a program - 15.0",
        "no code block - 10.0",
        "cut at max_tokens, % 1.0 20.0",
        "right if a program, % 50.0 62.5",
        "of the other searches at most one answer in 200 holds no program or was cut",
    ]
    assert max(map(len, lines)) <= 100
    page = Path(write_report(store)).read_text()
    assert "<td>&emsp;no code block" in page and "25.0" in page
    records = [series_record(one) for one in read_series(store)]
    assert [one["turns"][-1]["value"] for one in records if one["metric"] == "no_program_cut"] == [0.15]


def test_answers_that_are_all_programs_take_one_line(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "clean"))
    rows = [{**row, "metric": name} for name in ("answers", "accuracy") for row in metric("greedy", (1.0, 1.0, 1.0))]
    finish_metrics(store, 0, rows)
    assert "every answer holds a program, and none was cut" in print_results(store).splitlines()


def test_searches_that_mostly_repeat_what_failed_are_named(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "copies"))
    rows = [
        {**row, "metric": name} for name in ("answers", "accuracy") for row in metric("greedy", *[(1.0, 1.0, 1.0)] * 3)
    ]
    repeated = metric("greedy", (0.0, 0.0, 0.0), (0.98, 0.9, 1.0), (0.5, 0.4, 0.6))[1:]
    finish_metrics(store, 0, [*rows, *({**row, "metric": "repeated"} for row in repeated)])
    lines = print_results(store).splitlines()
    start = lines.index("programs that only repeat the one that failed")
    assert lines[start + 1] == "  base model, greedy: 98% of turn 2"


def test_console_splits_many_turns_into_lines(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "turns"))
    finish_metrics(store, 0, metric("greedy", *[(0.1 * turn, 0.05 * turn, 0.15 * turn) for turn in range(1, 6)]))
    text = print_results(store)
    assert max(map(len, text.splitlines())) <= 100
    assert "50.0 [25.0, 75.0]" in text


def test_a_run_without_numbers_says_so(tmp_path: Path) -> None:
    assert "none yet" in print_results(Store(str(tmp_path / "begun")))


def test_a_run_whose_rows_are_not_installed_here_is_reported(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """Names of entry points that this machine does not have."""
    config = {"run": {"iterations": 1, "strategy": "mine"}, "eval": {"selectors": ["my_selector", "pt"]}}
    store.write(json.dumps(config).encode(), "config.json")
    finish_metrics(store, 2, metric("my_selector", (0.5, 0.4, 0.6), width=5))
    assert cli.main(["report", store.root]) == 0
    text = capsys.readouterr().out
    assert "mine iteration 1, greedy " in text and "best of 5, my_selector" in text


def test_a_directory_that_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["report", str(tmp_path)]) == 2
    assert "is not a run directory" in capsys.readouterr().err
