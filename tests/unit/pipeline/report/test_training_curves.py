"""The curves of trainings, from the steps that lie beside their checkpoints."""

import re
from pathlib import Path

import pytest

from actors.storage.checkpoint import Checkpoint
from pipeline.report.panels import Line, panel, short_number
from pipeline.report.training_curves import QUANTITIES, _points, training_figures
from pipeline.state.manifest import Manifest
from pipeline.trackers.steps import StepRecord, write_training_steps


def step(number: int, grad_norm: float | None = 2.0) -> StepRecord:
    return StepRecord(
        step=number, loss=1 / number, learning_rate=0.001, grad_norm=grad_norm, tokens=100 * number, seconds=0.5
    )


def training(directory: Path, stage: str, iteration: int, *records: StepRecord) -> Manifest:
    if records:
        write_training_steps(str(directory / f"{stage}-{iteration}"), records)
    return Manifest(
        stage=stage,
        iteration=iteration,
        directory=str(directory / f"{stage}-{iteration}"),
        identity_hash="h",
        identity={},
        inputs={},
        digest="d",
        checkpoint=Checkpoint(path="p", policy_id="p"),
    )


def test_one_figure_per_kind_of_training_one_line_per_iteration(tmp_path: Path) -> None:
    manifests = [
        training(tmp_path, "verifier", 0, *map(step, range(1, 5))),
        training(tmp_path, "verifier", 1, *map(step, range(1, 5))),
        training(tmp_path, "policy", 1, *(step(number, None) for number in range(1, 4))),
        training(tmp_path, "control_policy", 1),  # of a run made before steps were written
    ]
    generator, verifier = training_figures(manifests)
    assert "<h3>Fine-tuning of the generator</h3>" in generator and "<h3>Training of the verifier</h3>" in verifier
    assert (generator.count("<svg"), verifier.count("<svg")) == (3, 4)  # DeepSpeed told no gradient norm there
    assert verifier.count("<polyline") == 2 * 4
    assert "iteration 1: 0.25 at the end" in verifier and "iteration 1: 800 at the end" in verifier
    assert "4 in all." in verifier


def test_long_trainings_are_drawn_by_means_of_consecutive_steps() -> None:
    """301 steps are 101 chunks of three, the last of one; tokens per second are of whole chunks."""
    steps = [step(number) for number in range(1, 302)]
    points = {one.title: _points(steps, one.value) for one in QUANTITIES}
    assert [len(found) for found in points.values()] == [101] * 4
    assert points["loss"][0] == (3.0, pytest.approx((1 + 1 / 2 + 1 / 3) / 3))
    assert points["tokens per second"][0] == (3.0, pytest.approx(600 / 1.5))
    assert points["gradient norm"][-1] == (301.0, 2.0)


def test_a_panel_leaves_out_what_is_not_finite_and_draws_a_constant() -> None:
    drawn = panel("loss", [Line(name="a", shade=1.0, points=[(1, 2.0), (2, float("nan")), (3, 2.0)])])
    (points,) = re.findall(r'<polyline[^>]*points="([^"]*)"', drawn)
    assert len(points.split()) == 2 and "nan" not in drawn
    assert panel("loss", [Line(name="a", shade=1.0, points=[])]) == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0015, "1.5e-3"),
        (12.34, "12.3"),
        (0.0649, "0.065"),
        (4123, "4.12k"),
        (2e-6, "2.0e-6"),
        (0, "0"),
        (3.2e7, "32M"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert short_number(value) == text
