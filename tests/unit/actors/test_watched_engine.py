"""Answers that do not come: of an engine that hangs, and of one that answers everybody else."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from actors.generator import Generator
from actors.inference.engine import Completion, Sampling
from actors.inference.watched import EngineStalled
from actors.search.episode import Episode
from actors.search.plan import SearchPlan, Shard
from actors.storage.parts import committed_parts
from sandbox.problem import FunctionTest, Problem
from tests.support.fakes import ByteTokenizer, FakeEngine, FakeSandbox

STALL_S = 0.2
PROBLEMS = tuple(
    Problem(problem_id=f"p{i}", prompt=f"ask {i}", private_tests=(FunctionTest("assert answer"),)) for i in range(6)
)
PLAN = (SearchPlan(turns=2, max_tokens=16),)


class OneByOne(FakeEngine):
    """Answers one request after the other: whoever asks last waits for all."""

    def __init__(self) -> None:
        super().__init__(latency_s=STALL_S / 4)
        self.turn = asyncio.Semaphore(1)

    async def generate(self, prompt_ids: Any, sampling: Sampling) -> list[Completion]:
        async with self.turn:
            return await super().generate(prompt_ids, sampling)


class Hanging(FakeEngine):
    """Never answers a prompt that holds one of `words`; "" is in every prompt, and hangs for good."""

    def __init__(self, *words: str) -> None:
        super().__init__()
        self.words = words

    async def generate(self, prompt_ids: Any, sampling: Sampling) -> list[Completion]:
        chat = self.tokenizer.decode(prompt_ids)
        if any(word in chat for word in self.words):
            await asyncio.sleep(3600)
        return await super().generate(prompt_ids, sampling)


def play(engine: FakeEngine, out: Path, sequences: int = 256) -> tuple[dict[str, int], list[Episode]]:
    playing = Generator(engine, ByteTokenizer(), FakeSandbox(), stall_s=STALL_S, sequences=sequences)
    record = asyncio.run(playing.play(Shard(part=0, problems=PROBLEMS, samples=range(4)), PLAN, "fake", str(out), 0))
    return record.counts, [Episode.from_row(row) for row in pq.read_table(out / record.file).to_pylist()]


def test_a_queue_far_longer_than_the_limit_is_no_stall(tmp_path: Path) -> None:
    started = time.monotonic()
    counts, _ = play(OneByOne(), tmp_path)
    assert time.monotonic() - started > 5 * STALL_S
    assert (counts["episodes"], counts["solved"], counts["ended_infrastructure"]) == (24, 24, 0)


def test_an_engine_that_hangs_is_named_with_its_setting_and_holds_no_policy(tmp_path: Path) -> None:
    engine, started = Hanging(""), time.monotonic()
    with pytest.raises(
        EngineStalled, match=r"the answer to problem p\d, sample \d, turn 1: the engine has not moved for "
    ):
        play(engine, tmp_path)
    assert time.monotonic() - started < 10 * STALL_S
    assert engine.policy_id == "" and committed_parts(str(tmp_path)) == {}


def test_an_answer_that_is_lost_ends_its_episode_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    counts, episodes = play(Hanging("ask 3"), tmp_path)
    assert (counts["episodes"], counts["solved"], counts["ended_infrastructure"]) == (24, 20, 4)
    lost = [episode for episode in episodes if episode.problem_id == "p3"]
    assert {(episode.masked, len(episode.turns)) for episode in lost} == {("infrastructure", 0)}
    assert "the answer to problem p3, sample 0, turn 1: " in caplog.text and "is lost" in caplog.text


def test_an_answer_that_all_others_overtake_is_lost_while_they_go_on(tmp_path: Path) -> None:
    """They finish more tokens than may come before and beside it long before anything stands still."""

    class Chatty(Hanging):
        async def generate(self, prompt_ids: Any, sampling: Sampling) -> list[Completion]:
            found = await super().generate(prompt_ids, sampling)
            await asyncio.sleep(STALL_S / 4)
            self.sampled += 1000  # of answers to others
            return found

    async def main() -> float:
        engine = Chatty("ask 3")
        playing = Generator(engine, ByteTokenizer(), FakeSandbox(), stall_s=30.0, sequences=4)
        shard = Shard(part=0, problems=PROBLEMS, samples=range(1))
        task = asyncio.ensure_future(playing.play(shard, PLAN, "fake", str(tmp_path), 0))
        started = time.monotonic()
        record = await asyncio.wait_for(task, 20)
        assert record.counts["ended_infrastructure"] == 1
        assert (status := await playing.status()).last_lost == ("the answer to problem p3, sample 0, turn 1",)
        assert status.answers_lost == 1
        return time.monotonic() - started

    assert asyncio.run(main()) < 10
