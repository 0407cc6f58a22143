"""A shard that fails leaves its finished episodes to whoever takes it over."""

import asyncio
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from actors.generator import Generator
from actors.inference.engine import Completion, EngineError, Sampling
from actors.search import shard_journal
from actors.search.plan import SearchPlan, Shard
from sandbox.problem import FunctionTest, Problem, Suite
from sandbox.verdict import Outcome, Verdict
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


def test_finished_episodes_are_saved_now_and_then_for_who_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard_journal, "SAVE_EVERY_S", 0.0)
    seen: list[int] = []

    def judge(problem: Problem, program: str, suite: Suite) -> Outcome:
        folder = tmp_path / "unfinished" / "part-00003"
        seen.append(len(list(folder.iterdir())) if folder.exists() else 0)
        return Outcome(verdict=Verdict.ACCEPTED)

    play(tmp_path, FakeEngine(), FakeSandbox(judge))
    assert seen == sorted(seen) and seen[-1] > 5


def test_another_policys_episodes_and_those_of_a_failed_sandbox_are_played_again(tmp_path: Path) -> None:
    with pytest.raises(EngineError):
        play(tmp_path, Dying(at=7), policy="old")
    engine = FakeEngine()
    assert {row["policy_id"] for row in play(tmp_path, engine, policy="new")} == {"new"}

    broken = FakeSandbox(lambda *_: Outcome(verdict=Verdict.INFRASTRUCTURE_ERROR))
    with pytest.raises(EngineError):
        play(tmp_path / "broken", Dying(at=7), broken)
    assert not (tmp_path / "broken" / "unfinished").exists()
