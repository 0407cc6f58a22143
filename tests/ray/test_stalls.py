"""Real actors that are slow, and real actors that are stopped: the first are waited for, the others replaced."""

import asyncio
import os
import signal
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import ray

from actors.executor.client import JudgeClient, RayLane
from actors.scorers.actor import MOVED_GROUP, ScorerActor
from actors.scorers.client import ScorerClient, ScorerLostError
from actors.search.episode import EPISODE_SCHEMA
from actors.storage.checkpoint import Checkpoint, weights_checksum
from actors.storage.parquet import read_rows
from actors.storage.parts import commit_part, committed_parts
from actors.supervision.crew import WorkerStart
from actors.supervision.restart_budget import RestartBudget
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome, Verdict
from tests.support.episodes import episode, right
from tests.support.slow_scorer import BATCH_S

pytestmark = pytest.mark.usefixtures("ray_session")
STALL_S = 2.0
PROBLEM = Problem(problem_id="p", prompt="")


# ---- the verifier ---------------------------------------------------------------------------------------------------


def scorer(folder: Path, stall_s: float) -> ScorerClient:
    folder.mkdir()
    (folder / "model.safetensors").write_text("1")
    made: Any = ray.remote(concurrency_groups=MOVED_GROUP)  # type: ignore[call-overload]
    actor = made(ScorerActor).options(num_cpus=0, max_restarts=-1).remote("tests.support.slow_scorer:SLOW")
    checkpoint = Checkpoint(path=str(folder), policy_id=weights_checksum(folder))
    ray.get(actor.score.remote(checkpoint, []), timeout=60)
    return ScorerClient(actor, checkpoint, stall_s)


def test_a_slow_verifier_is_waited_for_behind_others_too(tmp_path: Path) -> None:
    """The last call waits for nine batches of others; an actor that stands still is given up after four."""
    client = scorer(tmp_path / "v", stall_s=4 * BATCH_S)

    async def main() -> list[list[float]]:
        return await asyncio.gather(*(client([("p", "a" * n)] * 3) for n in range(1, 5)))

    started = time.monotonic()
    assert asyncio.run(main()) == [[float(n)] * 3 for n in range(1, 5)]
    assert time.monotonic() - started > 12 * BATCH_S


@pytest.mark.slow
def test_a_verifier_that_was_stopped_is_started_again_and_answers(tmp_path: Path) -> None:
    client = scorer(tmp_path / "v", stall_s=15.0)  # more than what the next process takes for its imports
    (tmp_path / "v" / "stop_once").touch()
    assert client.score_and_wait([("p", "abc")]) == [3.0]
    assert not (tmp_path / "v" / "stop_once").exists() and client.moves


def test_a_killed_verifier_comes_back_and_every_call_is_repeated(tmp_path: Path) -> None:
    """Some wait in its queue, and one is being answered when the process dies."""
    client = scorer(tmp_path / "v", stall_s=60.0)
    (tmp_path / "v" / "kill_once").touch()

    async def main() -> list[list[float]]:
        return await asyncio.gather(*(client([("p", "a" * n)]) for n in range(1, 5)))

    assert asyncio.run(main()) == [[float(n)] for n in range(1, 5)]
    assert not (tmp_path / "v" / "kill_once").exists() and client.moves


@pytest.mark.slow
def test_a_verifier_that_dies_of_its_work_ends_the_call_with_its_reason(tmp_path: Path) -> None:
    client = scorer(tmp_path / "v", stall_s=60.0)
    (tmp_path / "v" / "kill_always").touch()
    with pytest.raises(ScorerLostError, match=r"scores of 1 answers: the verifier's actor was lost 3 times: .*memory"):
        client.score_and_wait([("p", "abc")])


@pytest.mark.slow
def test_scoring_by_ray_data_outlives_a_killed_verifier(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """SIGKILL in the middle of the stage, which is told, and once more between two stages, before the actor is back."""
    from pipeline.cluster.actor_groups import ActorGroups
    from pipeline.config.load import load_config
    from pipeline.stages.shards import map_shards
    from pipeline.stages.tasks import ScoreTask

    folder, out = tmp_path / "v", str(tmp_path / "scores")
    scorer(folder, stall_s=60.0)
    verifier = Checkpoint(path=str(folder), policy_id=weights_checksum(folder))
    groups = ActorGroups(load_config("embedded", ["verifier.scorer=tests.support.slow_scorer:SLOW"]))
    clients = groups.scorers(verifier)
    rows = []
    for part in range(4):
        table = pa.Table.from_pylist([episode(f"e{part}", right("r" * (part + 1))).to_row()], schema=EPISODE_SCHEMA)
        record = commit_part(str(tmp_path / "episodes"), part, table)
        rows.append({"part": part, "directory": out, "episodes": [str(tmp_path / "episodes" / record.file)]})
    (folder / "kill_once").touch()
    map_shards(rows, ScoreTask(clients, verifier.policy_id), 60.0, groups.watch_services)
    assert not (folder / "kill_once").exists()
    groups.watch_services()
    assert "verifier 0 died; Ray has started another one" in capfd.readouterr().out
    scores = [row["score"] for part in committed_parts(out).values() for row in read_rows([f"{out}/{part.file}"])]
    assert sorted(scores) == [1.0, 2.0, 3.0, 4.0]
    pid = ray.get(clients[0].handle.__ray_call__.remote(lambda _: os.getpid()))
    os.kill(pid, signal.SIGKILL)
    assert groups.scorers(verifier)[0].score_and_wait([("p", "abc")]) == [3.0]
    groups.release_scorers()


# ---- executors ------------------------------------------------------------------------------------------------------


def executor_class() -> Any:
    """A class of its own, so that it travels to the workers by value."""

    class SlowExecutor:
        """What the client needs of an executor: one program after the other, and `stop` stops the process once."""

        def __init__(self, marker: str) -> None:
            self.marker, self.done, self.turn = marker, 0, asyncio.Semaphore(1)

        async def judge(self, problem: Problem, program: str, suite: Suite) -> Outcome:
            async with self.turn:
                if program == "stop" and not os.path.exists(self.marker):  # noqa: PTH110
                    open(self.marker, "w").close()  # noqa: PTH123
                    os.kill(os.getpid(), signal.SIGSTOP)
                await asyncio.sleep(0.1)
                self.done += 1
            return Outcome(verdict=Verdict.ACCEPTED)

        async def judge_many(self, questions: list[tuple[Problem, str, Suite]]) -> list[Outcome]:
            return await asyncio.gather(*(self.judge(*question) for question in questions))

        async def status(self) -> dict[str, int]:
            return {"done": self.done}

    return SlowExecutor


def judge(marker: Path, programs: list[str], stall_s: float) -> tuple[list[Outcome], JudgeClient]:
    made = ray.remote(executor_class()).options(num_cpus=0, max_concurrency=100, max_restarts=-1)
    actor = made.remote(str(marker))
    ray.get(actor.status.remote(), timeout=60)

    async def main() -> tuple[list[Outcome], JudgeClient]:
        client = JudgeClient([RayLane(actor)], stall_s=stall_s, rest_s=0.1)
        return await asyncio.gather(*(client(PROBLEM, program, "public") for program in programs)), client

    return asyncio.run(main())


def test_programs_that_wait_for_a_slow_executor_are_not_late(tmp_path: Path) -> None:
    started = time.monotonic()
    outcomes, client = judge(tmp_path / "marker", [f"x = {n}" for n in range(16)], stall_s=0.5)
    assert time.monotonic() - started > 1.5
    assert client.failures == 0 and all(outcome.attempt == 1 and outcome.accepted for outcome in outcomes)


@pytest.mark.slow
def test_the_only_executor_was_stopped_and_is_started_again(tmp_path: Path) -> None:
    outcomes, client = judge(tmp_path / "marker", ["x", "stop", "y"], stall_s=STALL_S)
    assert (tmp_path / "marker").exists() and client.failures
    assert [outcome.verdict for outcome in outcomes] == [Verdict.ACCEPTED] * 3


# ---- generators, with a tiny model in vLLM --------------------------------------------------------------------------


def rejecting_executor() -> Any:
    class Rejecting:
        async def judge(self, problem: Problem, program: str, suite: Suite) -> Outcome:
            return Outcome(verdict=Verdict.WRONG_ANSWER)

        async def judge_many(self, questions: list[tuple[Problem, str, Suite]]) -> list[Outcome]:
            return [Outcome(verdict=Verdict.WRONG_ANSWER) for _ in questions]

        async def status(self) -> dict[str, int]:
            return {"done": 0}

    return Rejecting


class OneGenerator:
    """What a rollout needs of actor groups: one generator, and another when that one is lost."""

    engines_rebuilt = 0

    def __init__(self, stall_s: float, flight: int) -> None:
        self.stall_s, self.flight, self.made = stall_s, flight, []  # type: ignore[var-annotated]
        self.executor = ray.remote(rejecting_executor()).options(num_cpus=0, max_concurrency=1000).remote()
        self.generator_budgets = {0: RestartBudget()}

    def start_generator(self, slot: int, policy: Checkpoint, *, replace: bool) -> WorkerStart:
        from actors.generator_actor import GeneratorActor, GeneratorConfig
        from actors.inference.engine import EngineConfig

        engine = EngineConfig(checkpoint=policy, kind="in_process", kv_cache_mib=64)
        config = GeneratorConfig(engine=engine, episodes_in_flight=self.flight, stall_s=self.stall_s)
        actor = ray.remote(GeneratorActor).options(num_cpus=1, max_concurrency=1000).remote(config, [self.executor])
        self.made.append(actor)
        return WorkerStart(worker=actor, ready=actor.load.remote(policy))

    def generator_has_place(self, slot: int) -> bool:
        return True

    def watch_services(self) -> None: ...

    def generator_started(self, slot: int, loaded: Any) -> Any:
        return self.made[-1]


def roll_out(folder: Path, groups: OneGenerator, samples: int, policy: Checkpoint, tokens: int) -> list[dict[str, Any]]:
    from actors.search.plan import SearchPlan
    from pipeline.config.load import load_config
    from pipeline.stages import rollouts

    config = load_config(None, [f"generator.stall_s={groups.stall_s}", "rollouts.shard_episodes=24"])
    context: Any = SimpleNamespace(
        config=config, directory=str(folder), run_directory=str(folder.parent), iteration=0, actor_groups=groups
    )
    problems = [Problem(problem_id=f"p{n}", prompt=f"add {n} to every element") for n in range(4)]
    plan = SearchPlan(turns=1, max_tokens=tokens, temperature=1.0)
    rollouts.roll_out(context, problems, samples, plan, policy)
    files = sorted(folder.glob("*.parquet"))
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    return [{**row, "turns": [turn["answers"][0]["response"] for turn in row["turns"]]} for row in rows]


@pytest.fixture
def policy(tmp_path: Path) -> Checkpoint:
    pytest.importorskip("vllm")
    from tests.ray.tiny_vllm import save_tiny_llama

    path = save_tiny_llama(tmp_path / "model", 1)
    return Checkpoint(path=path, policy_id=weights_checksum(path))


@pytest.mark.slow
def test_a_queue_of_answers_outlives_the_limit_many_times(tmp_path: Path, policy: Checkpoint) -> None:
    """Every answer takes longer than the limit, and most wait for the others."""
    groups, started = OneGenerator(stall_s=1.0, flight=96), time.monotonic()
    rows = roll_out(tmp_path / "slow", groups, 60, policy, tokens=400)
    assert len(rows) == 240 and not any(row["infrastructure"] for row in rows)
    assert len(groups.made) == 1 and time.monotonic() - started > 10


@pytest.mark.slow
def test_a_generator_that_was_stopped_is_replaced_and_the_rows_are_the_same(tmp_path: Path, policy: Checkpoint) -> None:
    groups = OneGenerator(stall_s=60.0, flight=8)
    expected = roll_out(tmp_path / "whole", groups, 12, policy, tokens=64)
    pids: list[int] = []

    class Stopping(OneGenerator):
        """Stops the first generator as soon as it has sampled something."""

        def generator_started(self, slot: int, loaded: Any) -> Any:
            if len(self.made) == 1:
                pids.append(ray.get(self.made[0].__ray_call__.remote(lambda _: os.getpid()), timeout=30))
                stop_soon(pids[0])
            return super().generator_started(slot, loaded)

    stopped = Stopping(stall_s=3.0, flight=1)
    rows = roll_out(tmp_path / "stopped", stopped, 12, policy, tokens=64)
    assert len(stopped.made) == 2
    assert rows == expected


def stop_soon(pid: int) -> None:
    """SIGSTOP after half a second, from a process of its own."""
    import subprocess

    subprocess.Popen(["sh", "-c", f"sleep 0.5; kill -STOP {pid}"])
