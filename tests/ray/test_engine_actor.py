"""The generator as a Ray actor with a real engine: shards, a killed executor, a reload, a refusal."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import ray

from actors.generator import PolicyMismatchError
from actors.generator_actor import GeneratorActor, GeneratorConfig
from actors.inference.engine import EngineConfig, EngineError
from actors.search.episode import Episode
from actors.search.plan import SearchPlan, Shard
from actors.storage.checkpoint import Checkpoint, weights_checksum
from actors.supervision.supervisor import WorkerBrokenError
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome, TestResult, Verdict
from tests.ray.tiny_vllm import save_tiny_llama

pytest.importorskip("vllm")

PLAN = (SearchPlan(turns=3, max_tokens=24),)
PROBLEMS = tuple(Problem(problem_id=f"p{i}", prompt=f"add {i} to every element") for i in range(10))


def counting_executor() -> Any:
    """A class of its own, so that it travels to the workers by value."""

    class CountingExecutor:
        """What the client needs of an executor; rejects everything after a moment."""

        def __init__(self, box: str) -> None:
            self.box, self.calls = box, 0

        async def judge(self, problem: Problem, program: str, suite: Suite) -> Outcome:
            self.calls += 1
            await asyncio.sleep(0.05)
            test = TestResult(index=0, verdict=Verdict.WRONG_ANSWER, message="got [1], expected [2]")
            return Outcome(verdict=Verdict.WRONG_ANSWER, tests=(test,), box=self.box)

        async def judge_many(self, questions: list[tuple[Problem, str, Suite]]) -> list[Outcome]:
            return await asyncio.gather(*(self.judge(*question) for question in questions))

        async def count(self) -> int:
            return self.calls

    return CountingExecutor


def doomed_generator() -> Any:
    """A generator actor whose engine dies at its third request."""
    from actors.generator import Generator
    from tests.support.fakes import ByteTokenizer, FakeEngine, FakeSandbox

    class DoomedEngine(FakeEngine):
        async def generate(self, prompt_ids: Any, sampling: Any) -> Any:
            if len(self.requests) == 2:
                self.policy_id = ""
                raise EngineError("the device is gone")
            return await super().generate(prompt_ids, sampling)

    class DoomedGenerator(GeneratorActor):
        def __init__(self) -> None:
            Generator.__init__(self, DoomedEngine(), ByteTokenizer(), FakeSandbox(), episodes_in_flight=1)

    return DoomedGenerator


def test_a_generator_whose_engine_is_gone_says_so_and_why(ray_session: Any, tmp_path: Path) -> None:
    actor = ray.remote(doomed_generator()).options(num_cpus=0, max_concurrency=10).remote()
    with pytest.raises(PolicyMismatchError):
        ray.get(actor.play.remote(shards(0)[0], PLAN, "other", str(tmp_path), 0), timeout=60)
    with pytest.raises(WorkerBrokenError, match="the device is gone"):
        ray.get(actor.play.remote(shards(0)[0], PLAN, "fake", str(tmp_path), 0), timeout=60)


def shards(first: int) -> list[Shard]:
    halves = (PROBLEMS[:5], PROBLEMS[5:])
    return [Shard(part=first + i, problems=half, samples=range(6)) for i, half in enumerate(halves)]


def read(directory: Path, record: Any) -> list[Episode]:
    return [Episode.from_row(row) for row in pq.read_table(directory / record.file).to_pylist()]


def test_a_generator_actor_survives_a_killed_executor_and_reloads(ray_session: Any, tmp_path: Path) -> None:
    paths = [save_tiny_llama(tmp_path / f"seed{seed}", seed) for seed in (1, 2)]
    old, new = (Checkpoint(path=path, policy_id=weights_checksum(path)) for path in paths)
    executor = ray.remote(counting_executor()).options(num_cpus=0, max_concurrency=100)
    executors = [executor.remote("left"), executor.remote("right")]
    config = GeneratorConfig(
        engine=EngineConfig(checkpoint=old, kind="in_process", kv_cache_mib=64), episodes_in_flight=16
    )
    actor = ray.remote(GeneratorActor).options(num_cpus=1, max_concurrency=100).remote(config, executors)
    out = tmp_path / "episodes"

    with pytest.raises(PolicyMismatchError, match="holds none"):
        ray.get(actor.play.remote(shards(0)[0], PLAN, old.policy_id, str(out), 0), timeout=180)
    ray.get(actor.load.remote(old), timeout=60)

    playing = [actor.play.remote(shard, PLAN, old.policy_id, str(out), 0) for shard in shards(0)]
    deadline = time.monotonic() + 60
    while ray.get(executors[0].count.remote(), timeout=30) < 10:
        assert time.monotonic() < deadline, "the generator sent nothing to the first executor"
    ray.kill(executors[0])
    records = ray.get(playing, timeout=120)
    assert [record.part for record in records] == [0, 1] and [record.rows for record in records] == [30, 30]
    episodes = [episode for record in records for episode in read(out, record)]
    outcomes = [turn.answer.public for episode in episodes for turn in episode.turns]
    boxes = {outcome.box for outcome in outcomes if outcome is not None}
    assert boxes >= {"left", "right"} and None not in outcomes
    assert not any(episode.infrastructure for episode in episodes)
    assert {episode.policy_id for episode in episodes} == {old.policy_id}
    assert {turn.feedback for episode in episodes for turn in episode.turns[:-1]} <= {
        "got [1], expected [2]",
        "no program in the answer",
    }

    ray.get(actor.load.remote(new), timeout=60)
    with pytest.raises(PolicyMismatchError, match=f"asks for policy {old.policy_id}"):
        ray.get(actor.play.remote(shards(2)[0], PLAN, old.policy_id, str(out), 1), timeout=60)
    after = read(out, ray.get(actor.play.remote(shards(2)[0], PLAN, new.policy_id, str(out), 1), timeout=120))
    assert {episode.policy_id for episode in after} == {new.policy_id}
    assert after[0].turns[0].answer.response != episodes[0].turns[0].answer.response

    status = ray.get(actor.status.remote(), timeout=30)
    assert status.episodes_done == 90 and status.in_flight_max == 16 and status.in_flight == 0
    assert status.tokens_sampled > 0 and status.engine_busy_s > 0 and status.judge_wait_s > 0
    ray.get(actor.close.remote(), timeout=60)
