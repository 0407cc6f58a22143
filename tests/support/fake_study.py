"""A study whose models, sandbox and actors are fakes: `python -m tests.support.fake_study STUDY [WRITES]`.

What is real: the study's driver, stages, store, search, relabelling, pairs and metrics. What is not: Ray (stages run
in this process), the engine, the judge, and training, which writes a "checkpoint" that depends on its data alone.
With WRITES, the process kills itself with SIGKILL just before it would write that many files.
"""

import asyncio
import hashlib
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pipeline.cluster.actor_groups
from actors.generator import Generator
from actors.ids import stable_seed
from actors.storage.checkpoint import Checkpoint, save_atomically
from actors.storage.filesystem import FilesystemStorage
from actors.storage.parquet import read_rows
from actors.storage.parts import committed_parts
from pipeline.config.schema import Config
from pipeline.config.training_sections import TrainedSection, TrainingSection
from pipeline.evaluation import metrics
from pipeline.preflight import check
from pipeline.stages import generator, rollouts, verifier
from pipeline.stages.rollouts import make_shards
from pipeline.state.stage import StageContext, StageOutput
from pipeline.study.execute import execute_study
from pipeline.study.load import load_study
from pipeline.training.settings import TrainingJob
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome, Verdict
from tests.support.fakes import ByteTokenizer, FakeEngine, FakeSandbox


def judge(problem: Problem, program: str, suite: Suite) -> Outcome:
    """Right or wrong by the program alone: about half pass the public tests, half of those the private ones.

    With FAKE_STUDY_ALL_RIGHT all pass.
    """
    passes = "FAKE_STUDY_ALL_RIGHT" in os.environ or stable_seed(problem.problem_id, program, suite) % 2 == 0
    return Outcome(verdict=Verdict.ACCEPTED if passes else Verdict.WRONG_ANSWER)


class FakeScorer:
    moves = 0

    def __init__(self, verifier: Checkpoint) -> None:
        self.verifier = verifier

    def score_and_wait(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        return [stable_seed(self.verifier.policy_id, *pair) / 2**31 for pair in pairs]

    async def __call__(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        return self.score_and_wait(pairs)


class FakeActorGroups:
    training_workers = None

    def __init__(self, config: Config, workers: int = 1, worker: int = 0) -> None:
        self.config = config

    def __enter__(self) -> "FakeActorGroups":
        return self

    def __exit__(self, *_: object) -> None: ...

    def release_for(self, phase: str) -> None: ...

    def expect_scoring(self, *_: object) -> None: ...

    def watch_services(self) -> None: ...

    def training_threads(self, base: str) -> int:
        return 1

    def scorers(self, verifier: Checkpoint, replicas: int | None = None) -> list[FakeScorer]:
        return [FakeScorer(verifier)]


def roll_out(
    context: StageContext,
    problems: Sequence[Problem],
    samples: int,
    plan: Any,
    policy: Checkpoint,
    verifier: Checkpoint | None = None,
    first_shard: int = 0,
) -> StageOutput:
    if os.environ.get("FAKE_STUDY_STANDS_STILL"):
        time.sleep(600)
    shards = make_shards(problems, samples, context.config.rollouts.shard_episodes, first_shard)
    fake = Generator(FakeEngine(policy.policy_id), ByteTokenizer(), FakeSandbox(judge), max_context=4096)
    scorer = FakeScorer(verifier) if verifier else None
    directory, iteration = context.directory, context.iteration
    for shard in shards:
        if shard.part not in committed_parts(directory):
            plans = plan if isinstance(plan, list) else [plan]
            named = verifier.policy_id if verifier else ""
            asyncio.run(fake.play(shard, plans, policy.policy_id, directory, iteration, named, scorer))
    return StageOutput(expected_parts=len(shards))


def train(job: TrainingJob, config: TrainedSection, training: TrainingSection, workers: None) -> Any:
    """Weights are a hash of the rows, the base and what identifies the training."""
    key = "pair_id" if "verifier" in job.out.rpartition("/iter_")[2] else "example_id"
    files = [f"{job.data}/{record.file}" for record in committed_parts(job.data).values()]
    named = config.model_dump(exclude={"replicas", "cpus", "threads", "gpus", "batch_rows"})
    content = [
        sorted(row[key] for row in read_rows(files, [key])),
        named,
        job.seed,
        Path(job.base).name,
    ]

    def write(directory: Path) -> None:
        (directory / "model.safetensors").write_text(hashlib.sha256(str(content).encode()).hexdigest())
        (directory / "config.json").write_text("{}")

    return SimpleNamespace(checkpoint=save_atomically(write, job.out), facts={})


def die_before(writes: int) -> None:
    """Of files written and files created, together."""
    left = writes

    def dying(write: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: object) -> Any:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return write(*arguments)

        return counted

    FilesystemStorage.write = dying(FilesystemStorage.write)  # type: ignore[method-assign]
    FilesystemStorage.create = dying(FilesystemStorage.create)  # type: ignore[method-assign]


def install() -> None:
    pipeline.cluster.actor_groups.ActorGroups = FakeActorGroups  # type: ignore[assignment,misc]
    check._check_engine = lambda packages: None
    rollouts.roll_out = roll_out  # type: ignore[assignment]
    verifier.map_shards = generator.map_shards = lambda rows, task, *_: [task(row) for row in rows]  # type: ignore[assignment]
    verifier.train_verifier = generator.fine_tune = train  # type: ignore[assignment]
    metrics.summarise_iteration = metrics.commit_summary
    if len(sys.argv) > 2:
        die_before(int(sys.argv[2]))


if __name__ in ("__main__", "__mp_main__"):  # the study's process, and those of its workers
    install()
if __name__ == "__main__":
    raise SystemExit(execute_study(load_study(sys.argv[1])))
