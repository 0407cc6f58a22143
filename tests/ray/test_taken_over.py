"""Shards that a slow generator has not begun go to one that is idle, each is played once, and none is lost."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest
import ray

from actors.generator import Generator
from actors.search.plan import SearchPlan, Shard
from actors.storage.parts import PartRecord, committed_parts
from actors.supervision.crew import WorkerReport, WorkerStart
from actors.supervision.supervisor import Supervisor
from pipeline.config.load import load_config
from pipeline.stages.generator_watch import GeneratorWatch
from sandbox.problem import Problem
from tests.support.fakes import ByteTokenizer, FakeEngine, FakeSandbox

PLANS = (SearchPlan(turns=1),)
PROBLEMS = tuple(Problem(problem_id=f"p{number}", prompt=f"ask {number}") for number in range(24))
SHARDS = [Shard(part=part, problems=PROBLEMS[4 * part : 4 * part + 4], samples=range(1)) for part in range(6)]
SLOW_S = 0.6
"""For one episode; they are played one by one, four to a shard."""


class Generators:
    """Real generators with an engine each that answers at once, but for the first one's."""

    def __init__(self, directory: str) -> None:
        self.directory, self.taken = directory, list[int]()
        self.watch = GeneratorWatch(load_config(None), total=24, done=0)

    def start(self, slot: int, *, again: bool) -> WorkerStart:
        assert not again
        engine = FakeEngine(latency_s=0.0 if slot else SLOW_S)
        made = ray.remote(Generator).options(num_cpus=0, max_concurrency=100)
        worker = made.remote(engine, ByteTokenizer(), FakeSandbox(), episodes_in_flight=1)
        ray.get(worker.status.remote())  # the slow one is not the last to come up
        return WorkerStart(worker=worker, ready=worker.status.remote())

    def has_place(self, slot: int) -> bool:
        return True

    def started(self, slot: int, result: Any) -> None: ...

    def play(self, worker: Any, shard: Shard) -> Any:
        return worker.play.remote(shard, PLANS, "fake", self.directory, 0)

    def ask(self, workers: Collection[Any]) -> dict[Any, WorkerReport]:
        return self.watch.ask(workers)

    def take_back(self, worker: Any, shard: Shard) -> None:
        self.taken.append(shard.part)
        worker.give_back.remote(shard.part)

    def text_of(self, error: Exception) -> str:
        return str(error)

    def tell(self, slot: int, text: str) -> None: ...

    def start_error(self, slot: int, reason: str) -> Exception:
        return RuntimeError(reason)

    def tick(self) -> None: ...


@pytest.mark.slow
@pytest.mark.usefixtures("ray_session")
def test_an_idle_generator_takes_what_a_slow_one_has_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("actors.supervision.supervisor.TICK_S", 0.2)
    crew = Generators(str(tmp_path))
    supervisor: Supervisor[Shard] = Supervisor(crew, stall_s=30.0)
    results: list[PartRecord] = supervisor.run(SHARDS, slots=2)
    assert {record.part: record for record in results} == committed_parts(str(tmp_path)) and len(results) == 6
    assert len(list(tmp_path.glob("*.parquet"))) == 6
    crew.watch.finish(supervisor.workers)
    played = [crew.watch.now[worker].played for worker in supervisor.workers]
    assert crew.taken and sum(played) == 24 and played[0] < played[1]
