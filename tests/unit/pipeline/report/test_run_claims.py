"""The four sentences of a run, on searches made by hand so that every difference can be counted."""

from pathlib import Path

import pytest

from pipeline.evaluation.claims import claim_line
from pipeline.report.run_claims import run_claims
from pipeline.report.series import read_series
from pipeline.state.store import Store
from tests.support.small_run import finish_metrics, finish_search, metric, searched


def test_differences_are_paired_over_the_same_problems(store: Store) -> None:
    """110 of 200 against 80, all of them among the 110; against 92, of which 50 are; 114 against 110.

    Four problems more and none less may be luck: a sign test has p = 2 · 0.5⁴ = 0.125.
    """
    claims = run_claims(store, read_series(store))
    assert [claim.name for claim in claims] == ["training", "control", "search", "verifier"]
    assert [claim.text for claim in claims] == [
        "µCode greedy after iteration 1 is above the base model",
        "µCode greedy after iteration 1 is above the control",
        "PT+LV best of 5 is above greedy",
        "the verifier of iteration 1 ranks held-out pairs better than chance, by at least 10 points",
    ]
    found = [claim.comparisons[0] for claim in claims]
    differences = [one.estimate.value for one in found if one.estimate]
    assert differences == pytest.approx([30 / 200, 18 / 200, 4 / 200, 0.25])
    assert [(one.problems, one.unit) for one in found] == [(200, "problems")] * 3 + [(40, "pairs")]
    assert [(one.left_value, one.right_value) for one in found[:3]] == [(0.55, 0.4), (0.55, 0.46), (0.57, 0.55)]
    assert [claim.verdict for claim in claims] == ["holds", "undecided", "undecided", "holds"]


def test_a_loss_does_not_hold(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "loss"))
    for iteration, solved in enumerate((100, 80)):
        finish_metrics(store, iteration, metric("greedy", (0.1, 0.1, 0.1), (solved / 200, 0.1, 0.9)))
        finish_search(store, iteration, "greedy", searched(range(solved)))
    claims = run_claims(store, read_series(store))
    assert [claim.verdict for claim in claims] == ["does not hold", None, None, None]
    assert claim_line(claims[0]).startswith("✗ 40.0 % vs 50.0 %: -10.0 points (95 % CI -1")
    assert [claim_line(claim).partition(":")[0] for claim in claims[1:]] == [
        "… not known, the control is not evaluated",
        "… not known, PT+LV best of N is not evaluated",
        "… not known, the verifier is not evaluated",
    ]


def test_a_verifier_must_beat_chance_by_enough(tmp_path: Path) -> None:
    for name, point, verdict in (
        ("weak", (0.58, 0.55, 0.61), "does not hold"),
        ("noisy", (0.65, 0.45, 0.85), "undecided"),
        ("good", (0.65, 0.55, 0.75), "holds"),
    ):
        store = Store(str(tmp_path / name))
        finish_metrics(store, 0, metric("held_out_pairs", point))
        assert run_claims(store, read_series(store))[3].verdict == verdict


def test_searches_whose_episodes_are_gone_are_not_known(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "gone"))
    for iteration in range(2):
        finish_metrics(store, iteration, metric("greedy", (0.5, 0.4, 0.6)))
    assert run_claims(store, read_series(store))[0].verdict is None


def test_a_run_without_iterations_compares_search_with_the_base_model(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "base"))
    finish_metrics(store, 0, metric("greedy", *[(0.5, 0.4, 0.6)] * 2), metric("pt_lv", *[(0.8, 0.7, 0.9)] * 2, width=3))
    finish_search(store, 0, "greedy", searched(range(100)))
    finish_search(store, 0, "sweep", searched(range(160), selector="pt_lv", width=3))
    assert [claim.verdict for claim in run_claims(store, read_series(store))] == [None, None, "holds", None]
