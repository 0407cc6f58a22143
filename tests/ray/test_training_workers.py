"""Workers that stay do one job after the other in the same process, end when they are told to, and are started anew."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import ray
from ray.exceptions import RayActorError

from pipeline.cluster import training_workers
from pipeline.cluster.training_workers import JobDesk, TrainingWorkers, serve_jobs
from pipeline.config.schema import FineTuneSection, TrainingSection, VerifierSection
from pipeline.training.errors import TrainingError, TrainingFailed
from pipeline.training.fine_tune import fine_tune
from pipeline.training.ray_train import train_with_ray
from pipeline.training.settings import TrainingJob, training_settings
from pipeline.training.train_verifier import train_verifier
from pipeline.training.types import TrainingReport
from tests.support.tiny_models import tiny_causal
from tests.support.training_data import BATCH, LEARNING_RATE, MAX_TOKENS, STEPS, CutOff, write_examples, write_pairs

# ---- the desk -------------------------------------------------------------------------------------------------------


def test_a_rank_gets_each_job_once_and_one_that_was_started_anew_the_job_that_is_not_done() -> None:
    async def play() -> None:
        desk = JobDesk()
        waiting = asyncio.create_task(desk.next_job(0))
        assert await desk.leave_job(b"first") == 1
        assert await waiting == await desk.next_job(0) == (1, b"first")
        await desk.finish_job(1, b"done")
        assert await desk.result(1) == b"done"
        late = asyncio.create_task(desk.next_job(0))
        await asyncio.sleep(0.01)
        assert not late.done()
        await desk.leave_job(b"second")
        assert await late == await desk.next_job(1) == (2, b"second")

    asyncio.run(play())


def test_a_rank_without_a_job_is_told_so_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_workers, "ASK_S", 0.05)
    assert asyncio.run(JobDesk().next_job(0)) is None


# ---- one process without Ray Train ----------------------------------------------------------------------------------


def fit(desk: Any, imported: Callable[[], None]) -> None:
    """As Ray Train's: it starts a rank, and fails with it."""

    class Rank:
        def serve(self, desk: Any) -> None:
            serve_jobs(desk, 0)

    imported()
    rank: Any = ray.remote(Rank).options(num_cpus=0).remote()
    desk.name_controller.remote(rank)
    ray.get(rank.serve.remote(desk))


@pytest.fixture
def workers(ray_session: None) -> Iterator[TrainingWorkers]:
    made = TrainingWorkers()
    yield made
    made.close()


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_jobs_are_done_by_one_process_until_it_is_lost_and_another_is_started(workers: TrainingWorkers) -> None:
    workers.start("kind", fit)
    first = workers.run(os.getpid)
    workers.start("kind", fit)
    assert workers.run(os.getpid) == first != os.getpid()
    with pytest.raises(RayActorError):
        workers.run(partial(os.kill, first, signal.SIGKILL))
    workers.start("kind", fit)
    second = workers.run(os.getpid)
    assert second != first
    workers.start("another", fit)
    assert workers.run(os.getpid) != second
    workers.close()
    end = time.monotonic() + 10
    while alive(second) and time.monotonic() < end:
        time.sleep(0.1)
    assert not alive(second)


# ---- trainings ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("trainings")
    tiny_causal(root / "base")
    write_examples(root / "examples")
    write_pairs(root / "pairs")
    return root


def job_of(world: Path, data: str, out: str, max_tokens: int = MAX_TOKENS) -> TrainingJob:
    return TrainingJob(
        data=str(world / data),
        base=str(world / "base"),
        out=str(world / out / "checkpoint"),
        dtype="float32",
        max_tokens=max_tokens,
        seed=0,
        run_name=out,
        storage=str(world / "ray"),
    )


TUNING = FineTuneSection(learning_rate=LEARNING_RATE, batch_examples=BATCH, steps=STEPS)


def train_in_turn(
    world: Path, name: str, training: TrainingSection, workers: TrainingWorkers | None
) -> list[TrainingReport]:
    judging = VerifierSection(learning_rate=LEARNING_RATE, batch_pairs=BATCH, steps=STEPS)
    return [
        fine_tune(job_of(world, "examples", f"{name}-0"), TUNING, training, workers),
        train_verifier(job_of(world, "pairs", f"{name}-1"), judging, training, workers),
        fine_tune(job_of(world, "examples", f"{name}-2"), TUNING, training, workers),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("count", "zero_stage"), [(1, 1), (2, 3)])
def test_trainings_by_workers_that_stay_equal_those_by_workers_of_their_own_bit_for_bit(
    world: Path, workers: TrainingWorkers, count: int, zero_stage: int
) -> None:
    training = TrainingSection(workers=count, zero_stage=zero_stage)
    own = train_in_turn(world, f"own-{count}", training, None)
    stayed = train_in_turn(world, f"stayed-{count}", training, workers)
    for one, other in zip(stayed, own, strict=True):
        assert one.checkpoint.policy_id == other.checkpoint.policy_id
        assert one.losses == other.losses
    assert stayed[2].fit_s < own[2].fit_s / 2
    with pytest.raises(TrainingError, match=r"longer than 8 tokens; raise model\.max_tokens"):
        fine_tune(job_of(world, "examples", f"long-{count}", max_tokens=8), TUNING, training, workers)


def train_killed_once(world: Path, name: str, training: TrainingSection, workers: TrainingWorkers) -> TrainingReport:
    job = job_of(world, "examples", name)
    settings = training_settings(job, TUNING, training, batch_size=BATCH)
    return train_with_ray(CutOff(marker=str(world / f"{name}.marker")), settings, training, job, workers)


@pytest.mark.slow
def test_a_killed_worker_that_stayed_costs_an_attempt_and_changes_nothing(
    world: Path, workers: TrainingWorkers, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = fine_tune(job_of(world, "examples", "whole"), TUNING, TrainingSection(), workers)
    training = TrainingSection(max_failures=1)
    again = train_killed_once(world, "killed", training, workers)
    assert (world / "killed.marker").exists()
    assert "the training workers that stayed are lost (worker 0: " in capfd.readouterr().out
    assert again.checkpoint.policy_id == whole.checkpoint.policy_id
    after = fine_tune(job_of(world, "examples", "after"), TUNING, training, workers)
    assert after.checkpoint.policy_id == whole.checkpoint.policy_id
    with pytest.raises(TrainingFailed, match=r"(?s)fine-tune: worker 0: .*It asked for 1 workers with 1\.0 CPUs"):
        train_killed_once(world, "killed-for-good", TrainingSection(max_failures=0), workers)
