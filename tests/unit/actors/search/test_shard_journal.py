"""A shard that fails leaves its finished episodes to whoever takes it over."""

import asyncio
import itertools
import math
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from actors.generator import Generator
from actors.inference.engine import Completion, EngineError, Sampling
from actors.search import shard_journal
from actors.search.plan import SearchPlan, Shard
from actors.search.shard_journal import ShardJournal, clear_journals
from actors.storage.run_storage import open_storage
from sandbox.problem import FunctionTest, Problem, Suite
from sandbox.verdict import Outcome, Verdict
from tests.support.episodes import episode, right
from tests.support.fakes import ByteTokenizer, FakeEngine, FakeSandbox

PROBLEMS = tuple(
    Problem(problem_id=f"p{i}", prompt=f"ask {i}", private_tests=(FunctionTest("assert answer"),)) for i in range(6)
)
SHARD = Shard(part=3, problems=PROBLEMS, samples=range(2))
PLANS = (SearchPlan(turns=1), SearchPlan(turns=1, width=2))


class Dying(FakeEngine):
    """Dies at its request number `at`."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at

    async def generate(self, prompt_ids: Any, sampling: Sampling) -> list[Completion]:
        if len(self.requests) == self.at:
            self.policy_id = ""
            raise EngineError("the device is gone")
        return await super().generate(prompt_ids, sampling)


def play(out: Path, engine: FakeEngine, judge: Any = None, policy: str = "fake") -> list[dict[str, Any]]:
    engine.policy_id = policy
    playing = Generator(engine, ByteTokenizer(), judge or FakeSandbox(), episodes_in_flight=1)
    record = asyncio.run(playing.play(SHARD, PLANS, policy, str(out), 0))
    rows = pq.read_table(out / record.file).to_pylist()
    assert record.counts["episodes"] == len(rows) == 24
    for row in rows:
        for turn in row["turns"]:
            turn["sample_s"] = turn["judge_s"] = 0.0
    return rows


def test_who_takes_a_shard_over_samples_only_what_is_missing(tmp_path: Path) -> None:
    whole = FakeEngine()
    expected = play(tmp_path / "whole", whole)
    assert not (tmp_path / "whole" / "unfinished").exists()
    out = tmp_path / "out"
    with pytest.raises(EngineError, match="the device is gone"):
        play(out, Dying(at=7))
    assert len(list((out / "unfinished" / "part-00003").iterdir())) == 1
    (out / "unfinished" / "part-00003" / "cut.parquet").write_bytes(b"PAR1")
    engine = FakeEngine()
    assert play(out, engine) == expected
    assert len(engine.requests) == len(whole.requests) - 7
    assert not (out / "unfinished" / "part-00003").exists()


def test_what_is_finished_is_on_the_disk_within_seconds_though_nothing_else_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but one episode finish at once; what is there is read as one would who takes the shard over."""
    monkeypatch.setattr(shard_journal, "SAVE_EVERY_S", 0.05)
    seen: list[int] = []

    class Slow(FakeSandbox):
        async def __call__(self, problem: Problem, program: str, suite: Suite, **options: bool) -> Outcome:
            if problem.problem_id == "p5" and not seen:
                deadline = time.monotonic() + 10
                while len(found := ShardJournal(str(tmp_path), SHARD, "fake", 2).read()) < 10:
                    assert time.monotonic() < deadline, found
                    await asyncio.sleep(0.02)
                seen.append(len(found))
            return await super().__call__(problem, program, suite, **options)

    play(tmp_path, FakeEngine(), Slow())
    assert seen == [10] and not (tmp_path / "unfinished" / "part-00003").exists()


@pytest.mark.parametrize("sizes", [[1] * 60, list(range(20, 0, -1)), [64, *[1] * 20, 60, 3, 3]])
def test_there_are_few_files_however_often_is_saved(tmp_path: Path, sizes: list[int]) -> None:
    names = (f"{number}" for number in itertools.count())
    storage, total = open_storage(str(tmp_path)), sum(sizes)
    most = math.log2(2 * total) + 1

    async def save() -> None:
        journal = ShardJournal(str(tmp_path), SHARD, "policy0", 1)
        journal.read()  # of the process before
        for size in sizes:
            for _ in range(size):
                journal.add([episode("e", right("r"), problem=next(names))])
            await journal.save_new()
            assert len(storage.list_names("unfinished/part-00003")) <= most

    asyncio.run(save())
    asyncio.run(save())
    journal = ShardJournal(str(tmp_path), SHARD, "policy0", 1)
    assert len(journal.read()) == 2 * total
    journal.clear()
    assert storage.list_names("unfinished") in ([], ["part-00003"])
    clear_journals(str(tmp_path))
    assert storage.list_names("unfinished") == []


def test_a_save_that_fails_is_made_good_by_the_next(tmp_path: Path) -> None:
    journal = ShardJournal(str(tmp_path), SHARD, "policy0", 1)
    (tmp_path / "unfinished").write_text("in the way")
    journal.add([episode("e", right("r"), problem="a")])
    asyncio.run(journal.save_new())
    (tmp_path / "unfinished").unlink()
    journal.add([episode("e", right("r"), problem="b")])
    asyncio.run(journal.save_new())
    assert ShardJournal(str(tmp_path), SHARD, "policy0", 1).read().keys() == {("a", 0), ("b", 0)}


def test_who_comes_second_takes_the_part_as_it_is(tmp_path: Path) -> None:
    """A generator that the driver took for lost has committed it; nothing is sampled again."""
    expected = play(tmp_path, FakeEngine())
    files, engine = sorted(tmp_path.iterdir()), FakeEngine()
    assert play(tmp_path, engine) == expected
    assert not engine.requests and sorted(tmp_path.iterdir()) == files


def test_another_policys_episodes_and_those_of_a_failed_sandbox_are_played_again(tmp_path: Path) -> None:
    with pytest.raises(EngineError):
        play(tmp_path, Dying(at=7), policy="old")
    engine = FakeEngine()
    assert {row["policy_id"] for row in play(tmp_path, engine, policy="new")} == {"new"}

    broken = FakeSandbox(lambda *_: Outcome(verdict=Verdict.INFRASTRUCTURE_ERROR))
    with pytest.raises(EngineError):
        play(tmp_path / "broken", Dying(at=7), broken)
    assert not (tmp_path / "broken" / "unfinished").exists()
