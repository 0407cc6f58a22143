"""ROC AUC and calibration by hand."""

import math

import numpy as np
import pytest

from pipeline.evaluation.verifier_statistics import (
    auc_interval,
    calibration_error,
    pair_confidence,
    reliability_table,
    roc_auc,
    sigmoid,
)


def test_auc_by_hand() -> None:
    """Right 3, 1; wrong 2, 1: of four pairs 3>2, 3>1 count one, 1=1 a half, 1<2 none: 2.5 / 4."""
    scores, labels = [3.0, 1.0, 2.0, 1.0], [True, True, False, False]
    assert roc_auc(scores, labels) == 0.625
    # The first right answer twice, the last wrong one not at all: 3>2 twice, 1<2 once: 2 / 3.
    assert roc_auc(scores, labels, [2, 1, 1, 0]) == pytest.approx(2 / 3)
    assert math.isnan(roc_auc([1.0, 2.0], [True, True]))


def test_the_interval_of_auc_is_over_problems() -> None:
    draw = np.random.default_rng(0)
    labels = draw.random(400) < 0.5
    scores = draw.normal(size=400) + labels  # two normals one standard deviation apart: Φ(1/√2) = 0.760
    apart = auc_interval(scores, labels, [str(n) for n in range(400)], seed=0)
    assert apart.low < 0.760 < apart.high
    clustered = auc_interval(scores, labels, [str(n // 40) for n in range(400)], seed=0)
    assert clustered.value == apart.value
    noise = auc_interval(draw.normal(size=400), labels, [str(n) for n in range(400)], seed=0)
    assert noise.low < 0.5 < noise.high


def test_calibration_by_hand() -> None:
    """Predictions 0.1, 0.1, 0.9, 0.7; right: no, yes, yes, no.

    Bins: [0, 0.5] mean 0.1, half right; (0.5, 1] mean 0.8, half right. ECE = ½·0.4 + ½·0.3 = 0.35.
    """
    predicted, truth = [0.1, 0.1, 0.9, 0.7], [0, 1, 1, 0]
    table = reliability_table(predicted, truth, bins=2)
    assert [(one.low, one.high, one.count, one.observed) for one in table] == [(0.0, 0.5, 2, 0.5), (0.5, 1.0, 2, 0.5)]
    assert [one.predicted for one in table] == pytest.approx([0.1, 0.8])
    assert calibration_error(table) == pytest.approx(0.35)
    edge = reliability_table([1.0, 0.0], [1, 0], bins=10)
    assert [(one.low, one.count) for one in edge] == [(0.0, 1), (0.9, 1)]


def test_a_preference_is_calibrated_by_what_it_prefers() -> None:
    """Gaps ln 3, -ln 3, 0: σ(ln 3) = ¾ in either direction, right and wrong; a tie is ½, half right."""
    confidence, right = pair_confidence([math.log(3), 0.0, 1.0], [0.0, math.log(3), 1.0])
    assert confidence.tolist() == pytest.approx([0.75, 0.75, 0.5])
    assert right.tolist() == [1.0, 0.0, 0.5]


def test_sigmoid_overflows_nowhere() -> None:
    assert sigmoid([-1000.0, 0.0, 1000.0]).tolist() == [0.0, 0.5, 1.0]
