"""Training gives the same losses however it is carried out, and a checkpoint that loads; or one clear error."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from actors.scorers.verifier import LearnedVerifier
from actors.storage.checkpoint import CheckpointError, verify_checkpoint, weights_checksum
from actors.storage.parts import commit_part
from pipeline.config.schema import FineTuneSection, TrainingSection, VerifierSection
from pipeline.training.errors import TrainingError, TrainingFailed
from pipeline.training.fine_tune import fine_tune
from pipeline.training.pair_loss import PairLoss
from pipeline.training.ray_train import train_with_ray
from pipeline.training.settings import TrainingJob, training_settings
from pipeline.training.target_loss import TargetLoss
from pipeline.training.train_verifier import train_verifier
from pipeline.training.types import TrainingReport
from tests.support.tiny_models import tiny_causal, tiny_verifier
from tests.support.training_data import (
    BATCH,
    LEARNING_RATE,
    MAX_TOKENS,
    STEPS,
    CutOff,
    Greedy,
    plain_losses,
    write_examples,
    write_pairs,
)

EXACT = 1e-4
SMALL = 400  # padded tokens per micro-batch: several micro-batches in every step


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """base (a causal model), examples, pairs, and room for what is trained."""
    root = tmp_path_factory.mktemp("training")
    tiny_causal(root / "base")
    write_examples(root / "examples")
    write_pairs(root / "pairs")
    long = {"pair_id": "p", "problem_id": "p", "prompt": "x" * 30, "chosen": "a", "rejected": "b"}
    commit_part(str(root / "pairs-long"), 0, pa.Table.from_pylist([long]))
    return root


@pytest.fixture(scope="module")
def plain(world: Path) -> list[float]:
    return plain_losses(TargetLoss(), str(world / "examples"), str(world / "base"))


def training_job(
    world: Path, data: str, out: str, *, base: str = "base", dtype: str = "float32", max_tokens: int = MAX_TOKENS
) -> TrainingJob:
    return TrainingJob(
        data=str(world / data),
        base=str(world / base),
        out=str(world / out),
        dtype=dtype,
        max_tokens=max_tokens,
        seed=0,
        run_name=out,
        storage=str(world / "ray"),
    )


def tune(world: Path, out: str, *, base: str = "base", **training: Any) -> TrainingReport:
    config = FineTuneSection(
        learning_rate=LEARNING_RATE, batch_examples=BATCH, steps=STEPS, warmup_fraction=0.0, schedule="linear"
    )
    return fine_tune(training_job(world, "examples", out, base=base), config, TrainingSection(**training))


def judge(
    world: Path, out: str, *, base: str = "base", loss: str = "bt", freeze: bool = False, **training: Any
) -> TrainingReport:
    config = VerifierSection(learning_rate=LEARNING_RATE, batch_pairs=BATCH, steps=STEPS, loss=loss, freeze=freeze)
    return train_verifier(training_job(world, "pairs", out, base=base), config, TrainingSection(**training))


# ---- equal losses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zero_stage", "micro_batch_tokens"),
    [
        *((0, SMALL), (1, 100_000), (2, SMALL), (3, 100_000)),
        *(
            pytest.param(*other, marks=pytest.mark.slow)
            for other in ((0, 100_000), (1, SMALL), (2, 100_000), (3, SMALL))
        ),
    ],
)
def test_local_mode_equals_a_plain_loop(
    world: Path, plain: list[float], zero_stage: int, micro_batch_tokens: int
) -> None:
    name = f"local-{zero_stage}-{micro_batch_tokens}"
    report = tune(world, name, workers=0, zero_stage=zero_stage, micro_batch_tokens=micro_batch_tokens)
    assert list(report.losses) == pytest.approx(plain, abs=EXACT)


def test_gradient_checkpointing_changes_nothing_but_memory(world: Path, plain: list[float]) -> None:
    report = tune(world, "checkpointed", workers=0, gradient_checkpointing=True)
    assert list(report.losses) == pytest.approx(plain, abs=EXACT)


@pytest.mark.usefixtures("ray_session")
@pytest.mark.parametrize(
    ("zero_stage", "workers"),
    [
        (3, 2),
        pytest.param(1, 1, marks=pytest.mark.slow),
        pytest.param(1, 2, marks=pytest.mark.slow),
        pytest.param(3, 1, marks=pytest.mark.slow),
    ],
)
def test_workers_equal_a_plain_loop(world: Path, plain: list[float], zero_stage: int, workers: int) -> None:
    report = tune(
        world, f"ray-{zero_stage}-{workers}", workers=workers, zero_stage=zero_stage, micro_batch_tokens=SMALL
    )
    assert (report.workers, report.steps, len(report.losses)) == (workers, STEPS, STEPS)
    assert list(report.losses) == pytest.approx(plain, abs=EXACT)
    assert_same_weights(report.checkpoint.path, tune(world, "reference", workers=0).checkpoint.path)


@pytest.mark.parametrize(
    ("loss", "zero_stage"),
    [("bt", 1), ("bce", 3), *(pytest.param(*other, marks=pytest.mark.slow) for other in (("bce", 1), ("bt", 3)))],
)
def test_verifier_equals_a_plain_loop(world: Path, loss: str, zero_stage: int) -> None:
    defaults = VerifierSection()
    objective = PairLoss(kind=loss, reward_l2=defaults.reward_l2)
    plain = plain_losses(objective, str(world / "pairs"), str(world / "base"), eps=defaults.adam_eps)
    report = judge(world, f"{loss}-{zero_stage}", loss=loss, workers=0, zero_stage=zero_stage, micro_batch_tokens=SMALL)
    assert list(report.losses) == pytest.approx(plain, abs=EXACT)
    assert report.last_loss < 0.5 * report.first_loss


@pytest.mark.slow
@pytest.mark.usefixtures("ray_session")
def test_verifier_with_two_workers_equals_local_mode(world: Path) -> None:
    here = judge(world, "verifier-0", workers=0)
    there = judge(world, "verifier-2", workers=2, zero_stage=3, micro_batch_tokens=SMALL)
    assert there.losses == pytest.approx(here.losses, abs=EXACT)


@pytest.mark.slow
@pytest.mark.usefixtures("ray_session")
def test_a_head_with_two_workers_equals_local_mode(world: Path) -> None:
    here = judge(world, "head-0", workers=0, freeze=True)
    there = judge(world, "head-2", workers=2, freeze=True, micro_batch_tokens=SMALL)
    assert there.losses == pytest.approx(here.losses, abs=EXACT) and there.workers == 2


@pytest.mark.slow
@pytest.mark.usefixtures("ray_session")
def test_a_killed_worker_is_replaced_and_the_result_is_the_same(world: Path, plain: list[float]) -> None:
    marker = world / "killed"
    job = TrainingJob(
        data=str(world / "examples"),
        base=str(world / "base"),
        out=str(world / "survivor"),
        dtype="float32",
        max_tokens=MAX_TOKENS,
        seed=0,
        run_name="survivor",
        storage=str(world / "ray"),
    )
    training = TrainingSection(max_failures=1)
    section = FineTuneSection(learning_rate=LEARNING_RATE, steps=STEPS, warmup_fraction=0.0, schedule="linear")
    settings = training_settings(job, section, training, batch_size=BATCH)
    report = train_with_ray(CutOff(marker=str(marker)), settings, training, job)
    assert marker.exists()
    assert list(report.losses) == pytest.approx(plain, abs=EXACT)


@pytest.mark.slow
@pytest.mark.usefixtures("ray_session")
def test_an_error_of_the_data_is_told_at_once_and_not_tried_again(world: Path) -> None:
    with pytest.raises(TrainingError, match=r"longer than 16 tokens; raise model\.max_tokens"):
        job = training_job(world, "pairs-long", "out", max_tokens=16)
        train_verifier(job, VerifierSection(steps=2), TrainingSection())


@pytest.mark.slow
@pytest.mark.usefixtures("ray_session")
def test_a_cluster_that_is_too_small_is_an_error_after_the_deadline(world: Path) -> None:
    with pytest.raises(TrainingError, match=r"(?s)timed out after 2\.0 seconds .*asked for 1 workers with 64\.0 CPUs"):
        tune(world, "out", workers=1, cpus=64, start_deadline_s=2, max_failures=0)


# ---- what is saved --------------------------------------------------------------------------------------------


def assert_same_weights(path: str, other: str) -> None:
    here, there = (AutoModelForCausalLM.from_pretrained(each).state_dict() for each in (path, other))
    assert here.keys() == there.keys()
    for name, value in here.items():
        torch.testing.assert_close(value, there[name], atol=1e-3, rtol=1e-3, msg=name)


@pytest.mark.parametrize("zero_stage", [1, 3])
def test_a_checkpoint_is_the_trained_model_and_its_tokenizer(world: Path, zero_stage: int) -> None:
    report = tune(world, f"saved-{zero_stage}", workers=0, zero_stage=zero_stage)
    path = report.checkpoint.path
    assert verify_checkpoint(path) == report.checkpoint
    assert weights_checksum(path) == report.checkpoint.policy_id != weights_checksum(world / "base")
    assert AutoTokenizer.from_pretrained(path).chat_template
    saved = json.loads((Path(path) / "training.json").read_text())
    assert saved["report"]["steps"] == STEPS
    last = plain_losses(TargetLoss(), str(world / "examples"), path)[0]  # the first loss of what was saved
    assert last < 0.7 * report.first_loss


def test_the_same_training_gives_the_same_policy_id(world: Path) -> None:
    assert tune(world, "once", workers=0).checkpoint.policy_id == tune(world, "again", workers=0).checkpoint.policy_id


def test_a_trained_verifier_is_trained_on_and_scores(world: Path) -> None:
    first = judge(world, "first", workers=0)
    more = judge(world, "more", base="first", workers=0)
    assert more.first_loss < 0.5 * first.first_loss  # the head was kept, not drawn afresh
    good, bad = LearnedVerifier(more.checkpoint.path).score_pairs([("xxxx", "aaa"), ("xxxx", "bbb")])
    assert good > bad


def test_bfloat16_is_saved_as_bfloat16(world: Path) -> None:
    job = training_job(world, "examples", "bf16", dtype="bfloat16")
    config = FineTuneSection(steps=3, batch_examples=BATCH)
    report = fine_tune(job, config, TrainingSection(workers=0, zero_stage=3))
    model = AutoModelForCausalLM.from_pretrained(report.checkpoint.path, dtype="auto")
    assert model.dtype == torch.bfloat16


# ---- counts and errors ----------------------------------------------------------------------------------------


def test_rows_that_are_too_long_are_dropped_and_counted(world: Path) -> None:
    def tune_to(max_tokens: int, out: str) -> TrainingReport:
        job = training_job(world, "examples", out, max_tokens=max_tokens)
        return fine_tune(job, FineTuneSection(steps=1, batch_examples=4), TrainingSection(workers=0))

    report = tune_to(40, "short")
    tokenizer = AutoTokenizer.from_pretrained(world / "base")
    lengths = [example.width for example in TargetLoss().read_examples(str(world / "examples"), tokenizer, 10_000).kept]
    assert report.dropped_too_long == sum(length > 40 for length in lengths) > 0
    assert report.examples + report.dropped_too_long == 50
    with pytest.raises(TrainingError, match=r"all 50 rows of .* longer than 8 tokens; raise model\.max_tokens"):
        tune_to(8, "none")
    assert not (world / "none").exists()


def test_no_rows_is_an_error_that_says_so(world: Path, tmp_path: Path) -> None:
    (tmp_path / "base").symlink_to(world / "base")
    with pytest.raises(TrainingError, match="0 committed parts with 0 rows"):
        tune(tmp_path, "out")
    empty = pa.Table.from_pylist([{"example_id": "e"}]).slice(0, 0)
    commit_part(str(tmp_path / "examples"), 0, empty)
    with pytest.raises(TrainingError, match="1 committed parts with 0 rows"):
        tune(tmp_path, "out")
    assert not (tmp_path / "out").exists()


def test_a_wrong_base_is_refused_before_any_work(world: Path) -> None:
    with pytest.raises(CheckpointError, match="no model directory at"):
        tune(world, "out", base="absent")
    with pytest.raises(CheckpointError, match=r"no config\.json"):
        tune(world, "out", base="examples")
    tiny_causal(world / "mute")
    (world / "mute" / "chat_template.jinja").unlink()
    with pytest.raises(CheckpointError, match="no chat template"):
        tune(world, "out", base="mute")
    assert not (world / "out").exists()


def test_a_classifier_with_two_labels_is_no_verifier(world: Path) -> None:
    path = Path(tiny_verifier(world / "two"))
    config = json.loads((path / "config.json").read_text())
    config["id2label"] = {"0": "no", "1": "yes"}
    (path / "config.json").write_text(json.dumps(config))
    with pytest.raises(TrainingError, match="num_labels = 1"):
        judge(world, "out", base="two", workers=0)


@pytest.mark.parametrize("zero_stage", [0, 1, pytest.param(2, marks=pytest.mark.slow), 3])
def test_what_is_not_finite_stops_the_training_with_step_and_batch_and_leaves_no_checkpoint(
    world: Path, zero_stage: int
) -> None:
    """The first step ruins the weights: the second is not finite, or with nothing clipped the third."""
    config = FineTuneSection(steps=30, batch_examples=BATCH, learning_rate=1e30, warmup_fraction=0)
    with pytest.raises(
        TrainingFailed, match=r"fine-tune: the .* (nan|inf) at step [23], on a batch of problem-\d+, .*; lower"
    ):
        training = TrainingSection(workers=0, zero_stage=zero_stage)
        fine_tune(training_job(world, "examples", "nan"), config, training)
    assert not (world / "nan").exists()


def out_of_memory(world: Path, out: str, error: Exception, **training: Any) -> TrainingReport:
    job, section = training_job(world, "examples", out), TrainingSection(**training)
    settings = training_settings(job, FineTuneSection(steps=2, batch_examples=BATCH), section, batch_size=BATCH)
    return train_with_ray(Greedy(error=error), settings, section, job)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried"),
        MemoryError(),
    ],
    ids=["accelerator", "torch on CPU", "python"],
)
def test_what_runs_out_of_memory_names_the_settings_to_lower(world: Path, error: Exception) -> None:
    with pytest.raises(
        TrainingFailed, match=r"out of memory \(.*lower training.micro_batch_tokens = 512, set training.gr"
    ):
        out_of_memory(world, "big", error, workers=0, micro_batch_tokens=512)
    with pytest.raises(RuntimeError, match="something else"):
        out_of_memory(world, "big", RuntimeError("something else"), workers=0)


@pytest.mark.slow
@pytest.mark.usefixtures("ray_session")
@pytest.mark.parametrize("workers", [1, 2])
def test_workers_that_run_out_of_memory_say_so_too(world: Path, workers: int) -> None:
    with pytest.raises(TrainingFailed, match=r"out of memory \(CUDA .*lower training.micro_batch_tokens = 1024"):
        out_of_memory(world, "big", torch.OutOfMemoryError("CUDA out of memory"), workers=workers, max_failures=0)


def test_steps_and_epochs_together_are_refused(world: Path) -> None:
    both = FineTuneSection.model_construct(**{**FineTuneSection().model_dump(), "steps": 5, "epochs": 1.0})
    with pytest.raises(TrainingError, match="exactly one of steps and epochs"):
        fine_tune(training_job(world, "examples", "out"), both, TrainingSection(workers=0))
