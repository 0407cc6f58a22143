"""A training that was cut off goes on from its saved state, and ends with the same weights, bit for bit."""

import multiprocessing
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from actors.storage.run_storage import open_storage
from pipeline.config.training_sections import FineTuneSection, TrainingSection
from pipeline.trackers.steps import StepRecord, read_progress, read_training_steps
from pipeline.training.ray_train import train_with_ray
from pipeline.training.settings import TrainingJob, training_settings
from pipeline.training.states import save_times
from pipeline.training.states.saved_states import FOLDER, SavedStates
from pipeline.training.types import TrainingReport
from tests.support.tiny_models import tiny_causal
from tests.support.training_data import BATCH, LEARNING_RATE, MAX_TOKENS, STEPS, CutOff, write_examples

WIDE = 100_000  # padded tokens per micro-batch: one forward pass of each worker in every step
CUT = 13  # the step in which a training is cut off


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """base (a causal model with dropout), plain (one without), examples, and room for what is trained."""
    root = tmp_path_factory.mktemp("states")
    tiny_causal(root / "base", attention_dropout=0.1)
    tiny_causal(root / "plain")
    write_examples(root / "examples")
    return root


@pytest.fixture(autouse=True)
def pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(save_times, "PAUSE", save_times.PAUSE)  # CutOff changes it


def train(
    world: Path,
    out: str,
    *,
    at: tuple[int, ...] = (),
    kills: bool = False,
    rate: float = LEARNING_RATE,
    **training: Any,
) -> TrainingReport:
    """Fine-tune to OUT/checkpoint, a path below `world` or an address, in this process unless told otherwise."""
    place = out if "://" in out else str(world / out)
    job = TrainingJob(
        data=str(world / "examples"),
        base=str(world / training.pop("base", "base")),
        out=f"{place}/checkpoint",
        dtype=training.pop("dtype", "float32"),
        max_tokens=MAX_TOKENS,
        seed=0,
        run_name=Path(out).name,
        storage=str(world / "ray"),
    )
    rank = training.pop("lora_rank", None)
    settings = {"workers": 0, "save_every_s": 1e-9, "micro_batch_tokens": WIDE, **training}
    section = FineTuneSection(
        learning_rate=rate, steps=STEPS, batch_examples=BATCH, warmup_fraction=0.1, lora_rank=rank
    )
    objective = CutOff(marker=str(world / Path(out).name), at=at, kills=kills)
    chosen = TrainingSection(**settings)
    return train_with_ray(objective, training_settings(job, section, chosen, batch_size=BATCH), chosen, job)


def cut_off(world: Path, out: str, **training: Any) -> None:
    with pytest.raises(RuntimeError, match="the power is cut"):
        train(world, out, at=(CUT,), **training)


def die(world: Path, out: str, at: tuple[int, ...] = (CUT,)) -> None:
    """The same in a process that is killed there."""
    process = multiprocessing.get_context("spawn").Process(
        target=train, args=(world, out), kwargs={"at": at, "kills": True}
    )
    process.start()
    process.join(timeout=120)
    assert process.exitcode == -signal.SIGKILL


def untimed(records: tuple[StepRecord, ...]) -> list[StepRecord]:
    return [replace(record, seconds=0.0) for record in records]


def assert_same_training(report: TrainingReport, whole: TrainingReport, stage: str) -> None:
    """Weights and every number that does not measure time; nothing is left behind."""
    assert report.checkpoint.policy_id == whole.checkpoint.policy_id
    assert untimed(report.step_records) == untimed(whole.step_records)
    assert read_training_steps(stage) == list(report.step_records)
    same = ("examples", "tokens", "target_tokens", "padding_fraction", "steps")
    assert [getattr(report, name) for name in same] == [getattr(whole, name) for name in same]
    assert FOLDER not in open_storage(stage).list_names()


KINDS = [
    pytest.param({"zero_stage": 3}, id="3"),
    pytest.param({"zero_stage": 0}, id="0", marks=pytest.mark.slow),
    pytest.param({"zero_stage": 1}, id="1"),
    pytest.param({"zero_stage": 2, "offload": True}, id="2 offloaded", marks=pytest.mark.slow),
    pytest.param({"zero_stage": 3, "offload": True}, id="3 offloaded", marks=pytest.mark.slow),
    pytest.param({"zero_stage": 1, "dtype": "bfloat16"}, id="1 bfloat16", marks=pytest.mark.slow),
    pytest.param({"zero_stage": 3, "dtype": "bfloat16"}, id="3 bfloat16", marks=pytest.mark.slow),
    pytest.param({"zero_stage": 0, "lora_rank": 4}, id="0 adapters", marks=pytest.mark.slow),
    pytest.param({"zero_stage": 1, "lora_rank": 4}, id="1 adapters", marks=pytest.mark.slow),
    pytest.param({"zero_stage": 3, "lora_rank": 4}, id="3 adapters", marks=pytest.mark.slow),
    pytest.param({"zero_stage": 3, "lora_rank": 4, "dtype": "bfloat16"}, id="3 bf16 adapters", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_training_that_was_cut_off_goes_on(world: Path, kind: dict[str, Any], request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.id.replace(" ", "-")
    whole = train(world, f"whole-{name}", **{**kind, "save_every_s": 0})
    cut_off(world, f"cut-{name}", **kind)
    report = train(world, f"cut-{name}", at=(CUT,), **kind)
    assert (whole.went_on_from_step, report.went_on_from_step) == (0, CUT - 1)
    assert "went_on_from_step" not in whole.facts and report.facts["went_on_from_step"] == CUT - 1
    assert_same_training(report, whole, str(world / f"cut-{name}"))
    assert read_progress(str(world / f"cut-{name}")).notes == [f"went on from step {CUT - 1}"]


@pytest.mark.slow
def test_a_killed_process_goes_on(world: Path) -> None:
    die(world, "killed")
    report = train(world, "killed", at=(CUT,), kills=True)
    assert report.went_on_from_step == CUT - 1
    assert_same_training(report, train(world, "whole", save_every_s=0), str(world / "killed"))


@pytest.mark.slow
def test_it_may_be_killed_again_and_lie_at_an_address(world: Path) -> None:
    address = f"file://{world}/far"
    twice = (CUT, CUT + 4)  # the second attempt begins with step 13
    die(world, address, twice)
    die(world, address, twice)
    report = train(world, address, at=twice, kills=True)
    assert report.went_on_from_step == CUT + 2
    assert_same_training(report, train(world, "whole", save_every_s=0), address)


@pytest.mark.slow
def test_a_state_of_another_training_is_told_and_not_used(world: Path) -> None:
    cut_off(world, "other")
    report = train(world, "other", at=(CUT,), rate=LEARNING_RATE / 2)
    assert report.went_on_from_step == 0
    (note,) = read_progress(str(world / "other")).notes
    assert "is of another training (learning_rate), so it is not used" in note
    whole = train(world, "other-whole", rate=LEARNING_RATE / 2, save_every_s=0)
    assert report.checkpoint.policy_id == whole.checkpoint.policy_id


@pytest.mark.slow
def test_a_damaged_state_is_told_and_not_used(world: Path) -> None:
    cut_off(world, "damaged")
    (state,) = SavedStates(str(world / "damaged")).addresses()
    file = Path(state) / "exp_avg.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    report = train(world, "damaged", at=(CUT,))
    assert report.went_on_from_step == 0
    assert "exp_avg.safetensors is not the file that was saved" in read_progress(str(world / "damaged")).notes[0]
    assert_same_training(report, train(world, "whole", save_every_s=0), str(world / "damaged"))


@pytest.mark.slow
def test_a_state_that_cannot_be_written_ends_no_training(world: Path) -> None:
    stage = world / "full"
    (stage / FOLDER).mkdir(parents=True)
    (stage / FOLDER / "step-00000001").write_text("in the way")
    report = train(world, "full")
    assert report.steps == STEPS
    assert "the state after step 1 could not be saved: " in read_progress(str(stage)).notes[0]


# ---- workers of Ray Train -------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.usefixtures("ray_session")
@pytest.mark.parametrize(("zero_stage", "workers"), [(1, 1), (1, 2), (3, 2)])
def test_a_worker_that_was_killed_is_replaced_by_one_that_goes_on(world: Path, zero_stage: int, workers: int) -> None:
    name, settings = f"worker-{zero_stage}-{workers}", {"zero_stage": zero_stage, "workers": workers}
    whole = train(world, f"{name}-whole", save_every_s=0, **settings)
    report = train(world, name, at=(CUT * workers,), kills=True, max_failures=1, **settings)
    assert CUT - 2 <= report.went_on_from_step < CUT
    assert_same_training(report, whole, str(world / name))


@pytest.mark.slow
@pytest.mark.usefixtures("ray_session")
def test_it_goes_on_with_another_number_of_workers_and_another_stage(world: Path) -> None:
    """The same but for rounding, as whole trainings with such workers are."""
    cut_off(world, "moved", base="plain", zero_stage=1)
    report = train(world, "moved", at=(CUT,), base="plain", workers=2, zero_stage=3)
    whole = train(world, "plain-whole", base="plain", save_every_s=0)
    assert (report.went_on_from_step, report.workers) == (CUT - 1, 2)
    assert report.losses == pytest.approx(whole.losses, abs=1e-4)
    assert untimed(report.step_records)[: CUT - 1] == untimed(whole.step_records)[: CUT - 1]
    here, there = (AutoModelForCausalLM.from_pretrained(each.checkpoint.path).state_dict() for each in (report, whole))
    for name, value in here.items():
        torch.testing.assert_close(value, there[name], atol=1e-3, rtol=1e-3, msg=name)
