"""The report on a small run directory made by hand: exact numbers, claims that can fail, and safe HTML."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from actors.search.episode import EPISODE_SCHEMA, Answer, Episode, Turn
from actors.storage.parts import commit_part
from pipeline.evaluation.metrics import METRIC_SCHEMA
from pipeline.evaluation.statistics import Bin
from pipeline.report.funnel import funnel
from pipeline.report.page import print_results, results_table, write_report
from pipeline.report.results import claims
from pipeline.report.verifiers import reliability_bins, score_histogram
from pipeline.stages.tasks import SCORE_SCHEMA
from pipeline.state.identity import StageIdentity
from pipeline.state.manifest import Manifest
from pipeline.state.problems import HELD_OUT_FIRST
from pipeline.state.stage import StageOutput
from pipeline.state.store import Store
from sandbox.verdict import Outcome, Verdict

WRONG = Outcome(verdict=Verdict.WRONG_ANSWER)
RIGHT = Outcome(verdict=Verdict.ACCEPTED)
SLOW = Outcome(verdict=Verdict.TIME_LIMIT)


def identity(name: str, iteration: int) -> StageIdentity:
    return StageIdentity(iteration=iteration, stage=name, settings={}, inputs={})


def finish(
    store: Store, iteration: int, name: str, parts: list[tuple[list[dict[str, Any]], pa.Schema, dict[str, int]]]
) -> Manifest:
    directory = store.directory(iteration, name)
    for number, (rows, schema, counts) in enumerate(parts):
        commit_part(directory, number, pa.Table.from_pylist(rows, schema=schema), counts)
    return store.commit(identity(name, iteration), StageOutput(), time.monotonic())


def metric(
    series: str, *points: tuple[float, float, float], width: int = 1, name: str = "pair_accuracy"
) -> list[dict[str, Any]]:
    pairs = series == "held_out_pairs"
    return [
        {
            "metric": name if pairs else "accuracy",
            "series": series,
            "turn": 0 if pairs else turn,
            "width": 0 if pairs else width,
            "policy_id": "p",
            "verifier_id": "v",
            "value": value,
            "low": low,
            "high": high,
            "n": 40 if pairs else 200,
            "masked": 0,
        }
        for turn, (value, low, high) in enumerate(points, 1)
    ]


def finish_metrics(store: Store, iteration: int, *series: list[dict[str, Any]]) -> None:
    rows = [{"iteration": iteration, **row} for found in series for row in found]
    finish(store, iteration, "metrics", [(rows, METRIC_SCHEMA, {})])


def answer(public: Outcome | None, private: Outcome | None, program: str = "def f(): ...") -> Answer:
    return Answer(
        response=program, program=program, finish_reason="stop", tokens=9, public=public, private=private, score=None
    )


def episode(name: str, *answers: Answer, infrastructure: bool = False, prompt: str = "Write f.") -> dict[str, Any]:
    turns = tuple(
        Turn(answers=(found,), chosen=0, feedback="try again", prompt_tokens=5, seed=1, sample_s=0.1, judge_s=0.1)
        for found in answers
    )
    return Episode(
        episode_id=name,
        problem_id=f"problem-{name}",
        iteration=1,
        policy_id="p",
        verifier_id="",
        selector="first",
        sample=0,
        prompt=prompt,
        turns=turns,
        infrastructure=infrastructure,
    ).to_row()


EPISODES = [
    episode("first", answer(RIGHT, RIGHT)),
    episode("later", answer(WRONG, None), answer(RIGHT, RIGHT)),
    episode("never", answer(WRONG, None), answer(SLOW, None)),
    episode("hidden", answer(RIGHT, WRONG, "<script>alert(1)</script>"), prompt="<img src=x onerror=alert(2)>"),
    episode("broken", answer(RIGHT, None), infrastructure=True),
]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Base model and one iteration: greedy 40 % then 55 %, control 46 %, PT+LV 58 %."""
    store = Store(str(tmp_path / "small"))
    store.write(json.dumps({"run": {"iterations": 1, "strategy": "mucode", "seed": 7}}).encode(), "config.json")
    finish_metrics(
        store,
        0,
        metric("held_out_pairs", (0.5, 0.35, 0.65)),
        metric("greedy", (0.3, 0.24, 0.36), (0.4, 0.34, 0.46)),
    )
    finish_metrics(
        store,
        1,
        metric("held_out_pairs", (0.75, 0.6, 0.9)),
        metric("held_out_pairs", (0.81, 0.7, 0.88), name="auc"),
        metric("pt_lv", (0.52, 0.45, 0.59), (0.58, 0.51, 0.65), width=5),
        metric("control", (0.36, 0.3, 0.42), (0.46, 0.4, 0.52)),
        metric("greedy", (0.45, 0.38, 0.52), (0.55, 0.48, 0.62)),
    )
    finish(store, 1, "episodes", [(EPISODES[:3], EPISODE_SCHEMA, {}), (EPISODES[3:], EPISODE_SCHEMA, {})])
    return store


def test_table_has_one_row_per_iteration_and_series_in_reading_order(store: Store) -> None:
    table = results_table(store)
    assert [(row["iteration"], row["series"], row["label"]) for row in table] == [
        (0, "greedy", "base model, greedy"),
        (0, "held_out_pairs", "verifier 0, all held-out answers"),
        (1, "greedy", "µCode iteration 1, greedy"),
        (1, "control", "control, greedy"),
        (1, "pt_lv", "best of 5, PT+LV"),
        *[(1, "held_out_pairs", "verifier 1, all held-out answers")] * 2,
    ]
    assert [row["metric"] for row in table[5:]] == ["pair_accuracy", "auc"]
    assert table[2]["turns"] == [
        {"turn": 1, "value": 0.45, "low": 0.38, "high": 0.52},
        {"turn": 2, "value": 0.55, "low": 0.48, "high": 0.62},
    ]
    json.dumps(table)  # metrics.jsonl is made of it


def test_claims_compare_the_gap_with_the_half_width(store: Store) -> None:
    """Gaps 15, 9 and 3 points; the half-widths are 7, 7 and 7."""
    assert [(claim.text, claim.holds) for claim in claims(results_table(store))] == [
        (
            "µCode greedy after iteration 1 (55.0 %) is above the base model (40.0 %): +15.0 points, "
            "more than the half-width 7.0 of its 95 % interval: yes",
            True,
        ),
        (
            "µCode greedy after iteration 1 (55.0 %) is above the control (46.0 %): +9.0 points, "
            "more than the half-width 7.0 of its 95 % interval: yes",
            True,
        ),
        (
            "PT+LV best of 5 (58.0 %) is above greedy (55.0 %): +3.0 points, "
            "not more than the half-width 7.0 of its 95 % interval: no",
            False,
        ),
        (
            "the verifier of iteration 1 ranks 75.0 [60.0, 90.0] % of held-out pairs right, at least 60 with its "
            "interval above 50: yes",
            True,
        ),
    ]


def test_a_loss_says_no(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "loss"))
    finish_metrics(store, 0, metric("greedy", (0.5, 0.44, 0.56)))
    finish_metrics(store, 1, metric("greedy", (0.45, 0.4, 0.5)))
    first, second, third, fourth = claims(results_table(store))
    assert first.text == (
        "µCode greedy after iteration 1 (45.0 %) is not above the base model (50.0 %): -5.0 points, "
        "not more than the half-width 5.0 of its 95 % interval: no"
    )
    assert (first.holds, second.holds, third.holds, fourth.holds) == (False, None, None, None)
    assert second.text.endswith("not known, the control is not evaluated")


def test_console_fits_a_job_log(store: Store) -> None:
    text = print_results(store)
    assert max(map(len, text.splitlines())) <= 100
    assert "\x1b" not in text
    assert "base model, greedy            30.0 [24.0, 36.0]   40.0 [34.0, 46.0]      200" in text
    assert "best of 5, PT+LV              52.0 [45.0, 59.0]   58.0 [51.0, 65.0]      200" in text
    assert "verifiers, on held-out answers        pairs right           n   AUC" in text
    assert "verifier 1, all held-out answers      75.0 [60.0, 90.0]    40  81.0" in text
    assert "verifier 0, all held-out answers      50.0 [35.0, 65.0]    40     -" in text


def test_console_splits_many_turns_into_lines(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "turns"))
    finish_metrics(store, 0, metric("greedy", *[(0.1 * turn, 0.05 * turn, 0.15 * turn) for turn in range(1, 6)]))
    text = print_results(store)
    assert max(map(len, text.splitlines())) <= 100
    assert "50.0 [25.0, 75.0]" in text


def test_funnel_adds_up(store: Store) -> None:
    """Five sampled: two solved, one wrong on private tests, one too slow, one lost to the sandbox."""
    ended = {"episodes": 5, "ended_passed": 3, "ended_turns": 1, "ended_infrastructure": 1, "answers": 7}
    counted = {**ended, "answers_judged": 6, "answers_infrastructure": 1, "turns": 7}
    counts = {"problems": 9, "problems_with_pairs": 4, "problems_without_right_answer": 3, "pairs": 31}
    whole = finish(store, 1, "pairs", [([], SCORE_SCHEMA, counts | {"problems_without_wrong_answer": 2})])
    torn = finish(store, 2, "examples", [([], SCORE_SCHEMA, {"problems": 9, "problems_with_examples": 4})])
    episodes = finish(
        store, 2, "episodes", [(EPISODES[:3], EPISODE_SCHEMA, counted), (EPISODES[3:], EPISODE_SCHEMA, {})]
    )
    sampled, endings, answers, pairs, examples = funnel([episodes, whole, torn])
    assert sampled.parts == {"accepted": 2, "wrong_answer": 1, "time_limit": 1, "infrastructure_error": 1}
    assert (sampled.total, sampled.extras, sampled.adds_up) == (5, {"judged": 4}, True)
    assert (endings.total, list(endings.parts.values()), endings.adds_up) == (5, [3, 1, 0, 1], True)
    assert (answers.total, list(answers.parts.values()), answers.adds_up) == (7, [6, 0, 1], True)
    assert (pairs.total, list(pairs.parts.values()), pairs.extras) == (9, [4, 3, 2, 0], {"pairs": 31})
    assert pairs.adds_up
    assert not examples.adds_up
    page = Path(write_report(store)).read_text()
    assert "Counts that do not add up (✗): Problems to training examples, iteration 2." in page


def test_score_histogram_separates_right_from_wrong_and_leaves_out_what_was_trained_on(store: Store) -> None:
    rows = [
        {"episode_id": str(number), "turn": 0, "problem_id": "p", "verifier_id": "v", "label": label, "score": score}
        for number, (label, score) in enumerate([(False, -1.0), (False, -0.9), (True, 0.2), (False, 0.9), (True, 1.0)])
    ]
    parts = {0: [{**rows[0], "score": 9.0}], HELD_OUT_FIRST: rows[:2], HELD_OUT_FIRST + 1: rows[2:]}
    directory = store.directory(1, "scores")
    for number, part in parts.items():
        commit_part(directory, number, pa.Table.from_pylist(part, schema=SCORE_SCHEMA))
    manifest = store.commit(identity("scores", 1), StageOutput(), time.monotonic())
    found = score_histogram(manifest, bins=4)
    assert found is not None
    assert found.edges == [-1.0, -0.5, 0.0, 0.5, 1.0]
    assert (found.right, found.wrong) == ([0, 0, 1, 1], [2, 0, 0, 1])


def test_calibration_is_read_bin_by_bin(store: Store) -> None:
    edges, points = ((0.5, 0.75), (0.75, 1.0)), {"predicted": (0.6, 0.9), "observed": (0.55, 0.97)}
    rows = [
        {**metric("held_out_pairs", (value, *edge), name=f"reliability_{what}")[0], "turn": number, "n": 7 + number}
        for what, values in points.items()
        for number, (value, edge) in enumerate(zip(values, edges, strict=True))
    ]
    finish_metrics(store, 2, rows)
    manifest = store.find(2, "metrics")
    assert manifest is not None
    assert reliability_bins(manifest, "held_out_pairs") == [
        Bin(low=0.5, high=0.75, count=7, predicted=0.6, observed=0.55),
        Bin(low=0.75, high=1.0, count=8, predicted=0.9, observed=0.97),
    ]
    assert reliability_bins(manifest, "own_pairs") == []
    page = Path(write_report(store)).read_text()
    assert "Verifier calibration" in page and "15 judgements" in page


def test_page_is_self_contained_and_escapes_what_models_wrote(store: Store) -> None:
    page = Path(write_report(store)).read_text()
    assert "http://" not in page and "https://" not in page
    assert not re.search(r"<script|<img|<link|@import|url\(|\ssrc=\w+://", page)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;img src=x onerror=alert(2)&gt;" in page
    for claim in claims(results_table(store)):
        assert claim.text in page
    kinds = re.findall(r"<summary><b>(.*?)</b>", page)
    assert kinds == ["solved at turn 1", "solved later", "never solved", "passes public, fails private"]


def test_page_of_a_run_in_progress_says_what_is_missing(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "begun"))
    assert "Not there yet" in Path(write_report(store)).read_text()
    assert "none yet" in print_results(store)
    store.write(json.dumps({"run": {"iterations": 2}}).encode(), "config.json")
    commit_part(store.directory(0, "episodes"), 0, pa.Table.from_pylist(EPISODES, schema=EPISODE_SCHEMA))
    page = Path(write_report(store)).read_text()
    assert "in progress: 0 of 3 iterations evaluated; begun: episodes of iteration 0 (1 parts so far)" in page


def test_searches_say_whose_they_are_where_that_is_not_plain(tmp_path: Path) -> None:
    """A run that was extended and returns an earlier iteration, whose greedy row stands beside its searches."""
    store = Store(str(tmp_path / "grown"))
    for iteration in range(3):
        finish_metrics(
            store,
            iteration,
            metric("greedy", (0.1 * (iteration + 1), 0.05, 0.5)),
            *([metric("pt", (0.6, 0.5, 0.7), width=5)] if iteration else []),
        )
    store.commit(identity("returned", 2), StageOutput(facts={"iteration": 1}), time.monotonic())
    labels = [row["label"] for row in results_table(store) if row["series"] == "pt"]
    assert labels == ["best of 5, PT, it 1", "best of 5, PT, it 1"]  # both of the policy of iteration 1
    page = Path(write_report(store)).read_text()
    picture = page[page.index("<h3>Best of 5, by selector") :].partition("</figure>")[0]
    assert "Iteration 1: 5 answers" in picture and "<title>greedy: 20.0" in picture


def test_run_without_iterations_shows_the_base_model_alone(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "base"))
    finish_metrics(store, 0, metric("greedy", (0.5, 0.4, 0.6)), metric("pt_lv", (0.8, 0.75, 0.85), width=3))
    assert [claim.holds for claim in claims(results_table(store))] == [None, None, True, None]
    assert "base model, greedy" in Path(write_report(store)).read_text()


def test_report_imports_nothing_heavy() -> None:
    code = "import sys, pipeline.report.page; assert not {'ray', 'torch', 'vllm'} & set(sys.modules), sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
