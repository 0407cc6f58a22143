"""What was sampled once is not sampled again by the same generator, and only what is lacking is."""

import asyncio
from pathlib import Path

import pyarrow.parquet as pq

from actors.generator import Generator
from actors.inference.engine import Completion, Sampling
from actors.search.answer_memory import AnswerMemory, Request
from actors.search.episode import Episode
from actors.search.plan import SearchPlan, Shard
from actors.storage.checkpoint import Checkpoint
from tests.support.fakes import ByteTokenizer, FakeEngine, FakeSandbox
from tests.support.searches import PROBLEM, distinct, wrong


def answers(count: int) -> list[Completion]:
    return [Completion(text=str(k), token_ids=(k,), finish_reason="stop") for k in range(count)]


def test_the_requests_that_were_asked_last_are_kept() -> None:
    memory = AnswerMemory(most=5)
    one, two, three = (Request.of("policy", [number], Sampling(n=4)) for number in range(3))
    memory.keep(one, answers(2))
    memory.keep(two, answers(2))
    memory.keep(one, answers(3))  # wider: five together
    assert memory.recall(one) == answers(3) and memory.recall(two) == answers(2)
    memory.recall(one)
    memory.keep(three, answers(1))
    assert (memory.recall(two), memory.recall(one), memory.recall(three)) == ([], answers(3), answers(1))
    assert memory.recall(Request.of("another", [0], Sampling(n=4))) == []
    assert memory.recall(Request.of("policy", [0], Sampling(n=9))) == answers(3)
    nothing = AnswerMemory()
    nothing.keep(one, answers(1))
    assert nothing.recall(one) == []


def play(generator: Generator, out: Path, part: int, *plans: SearchPlan, policy: str = "fake") -> list[Episode]:
    shard = Shard(part=part, problems=(PROBLEM,), samples=range(2))
    record = asyncio.run(generator.play(shard, plans, policy, str(out), 0))
    return [Episode.from_row(row) for row in pq.read_table(out / record.file).to_pylist()]


def test_a_later_stage_samples_what_is_new_and_gives_what_it_would_give_alone(tmp_path: Path) -> None:
    def generator(remembered: int) -> Generator:
        judge = FakeSandbox(lambda problem, program, suite: wrong("no"))
        return Generator(FakeEngine("fake", distinct), ByteTokenizer(), judge, remembered_answers=remembered)

    narrow = SearchPlan(turns=2, width=2, selector="pt", feedback="values")
    wide = SearchPlan(turns=2, width=5, selector="pt", feedback="verdict")
    first, alone = generator(100), generator(0)
    play(first, tmp_path, 0, narrow)
    asked = len(first.engine.requests)
    found, expected = play(first, tmp_path, 1, wide), play(alone, tmp_path, 2, wide)
    assert [one.to_row()["turns"][0]["answers"] for one in found] == [
        one.to_row()["turns"][0]["answers"] for one in expected
    ]
    assert [[turn.chosen for turn in one.turns] for one in found] == [
        [turn.chosen for turn in one.turns] for one in expected
    ]
    widths = [sampling.n for _, sampling in first.engine.requests[asked:]]
    assert sorted(widths) == [3, 3, 5, 5]  # of both samples three new first answers, and five to another feedback
    asyncio.run(first.engine.load(Checkpoint(path="", policy_id="next")))
    asked = len(first.engine.requests)
    play(first, tmp_path, 3, narrow, policy="next")
    assert [sampling.n for _, sampling in first.engine.requests[asked:]] == [2, 2, 2, 2]
