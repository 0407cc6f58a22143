"""Generators with a fake engine and a fake sandbox: flow, order, refusal; and the client of executors."""

import asyncio
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from actors.executor.client import JudgeClient
from actors.generator import Generator, PolicyMismatchError
from actors.inference.engine import Completion, EngineError, Sampling
from actors.prompting.strangers import strangers_of
from actors.search.episode import Episode
from actors.search.plan import SearchPlan, Shard
from actors.storage.checkpoint import Checkpoint
from actors.storage.parts import committed_parts
from pipeline.stages.rollouts import make_shards
from sandbox.problem import FunctionTest, Problem, Suite
from sandbox.verdict import Outcome, TestResult, Verdict
from tests.support.fakes import ByteTokenizer, FakeEngine, FakeSandbox

TEST = FunctionTest("assert answer")
PROBLEMS = tuple(Problem(problem_id=f"p{i}", prompt=f"ask {i}", private_tests=(TEST,)) for i in range(8))
PLAN = (SearchPlan(turns=2),)
YES = Outcome(verdict=Verdict.ACCEPTED)
UNJUDGED = Outcome(verdict=Verdict.UNJUDGED, message="private test 1 cannot be judged")


def wrong(problem: Problem, program: str, suite: Suite) -> Outcome:
    test = TestResult(index=0, verdict=Verdict.WRONG_ANSWER, message="no")
    return Outcome(verdict=Verdict.WRONG_ANSWER, tests=(test,), cpu_s=0.5, box="b1")


def generator(judge: Any = None, engine: FakeEngine | None = None, places: int = 4) -> Generator:
    return Generator(engine or FakeEngine(), ByteTokenizer(), judge or FakeSandbox(), episodes_in_flight=places)


def shard(part: int, problems: tuple[Problem, ...], samples: int = 2) -> Shard:
    return Shard(part=part, problems=problems, samples=range(samples))


def test_a_shard_becomes_a_committed_part_in_order(tmp_path: Path) -> None:
    judge = FakeSandbox(wrong, seconds=lambda program: (ord(program[-1]) % 5) / 200)  # episodes end out of order
    record = asyncio.run(generator(judge).play(shard(7, PROBLEMS[:3]), PLAN, "fake", str(tmp_path), 1, "v"))
    assert committed_parts(str(tmp_path)) == {7: record}
    rows = pq.read_table(tmp_path / record.file).to_pylist()
    episodes = [Episode.from_row(row) for row in rows]
    assert [(e.problem_id, e.sample) for e in episodes] == [(f"p{i}", k) for i in range(3) for k in range(2)]
    assert [episode.to_row() for episode in episodes] == rows
    assert episodes[0].turns[0].answer.public == wrong(PROBLEMS[0], "", "public")
    assert {e.policy_id for e in episodes} == {"fake"} and {e.iteration for e in episodes} == {1}


def test_foreign_feedback_is_of_the_problem_that_the_shard_names_with_it(tmp_path: Path) -> None:
    problems = tuple(
        Problem(problem_id=f"p{i}", prompt=f"ask {i}", public_tests=(FunctionTest(f"assert f{i}(1)"),))
        for i in range(3)
    )
    work = make_shards(problems, 2, shard_episodes=4, strangers=strangers_of(problems))
    assert [one.strangers for one in work] == [(problems[1], problems[2]), (problems[0],)]
    plans = [SearchPlan(turns=2, feedback=feedback) for feedback in ("foreign", "traceback")]
    for one in work:
        asyncio.run(generator(FakeSandbox(wrong)).play(one, plans, "fake", str(tmp_path), 0))
    files = [str(tmp_path / part.file) for part in committed_parts(str(tmp_path)).values()]
    played = [Episode.from_row(row) for file in files for row in pq.read_table(file).to_pylist()]
    told = {(one.problem_id, line) for one in played for line in one.turns[0].feedback.split("\n") if "assert" in line}
    assert told == {(f"p{i}", f"    assert f{(i + step) % 3}(1)") for i in range(3) for step in (0, 1)}
    assert len({one.episode_id for one in played}) == len(played) == 12


def test_counts_add_up(tmp_path: Path) -> None:
    def judge(problem: Problem, program: str, suite: Suite) -> Outcome:
        if problem.problem_id == "p0":
            return Outcome(verdict=Verdict.INFRASTRUCTURE_ERROR, message="gone")
        if problem.problem_id == "p3":
            return UNJUDGED
        return YES if problem.problem_id == "p1" else wrong(problem, program, suite)

    record = asyncio.run(generator(FakeSandbox(judge)).play(shard(0, PROBLEMS[:4]), PLAN, "fake", str(tmp_path), 0))
    assert record.counts == {
        "episodes": 8,
        "solved": 2,  # p1, twice
        "ended_infrastructure": 2,
        "ended_passed": 2,
        "ended_turns": 2,
        "ended_context": 0,
        "ended_unjudged": 2,
        "turns": 10,  # 1 for each of p0, p1 and p3, 2 for each of p2
        "answers": 10,
        "answers_infrastructure": 2,
        "answers_unjudgeable": 2,
        "answers_judged": 6,
        "tokens": 10 * 11,  # "answer = d" and the end of turn
        "no_program": 0,
        "cut_short": 0,
    }


def test_a_replayed_shard_has_the_same_episodes(tmp_path: Path) -> None:
    def content(directory: Path) -> list[Any]:
        record = asyncio.run(generator(FakeSandbox(wrong)).play(shard(0, PROBLEMS), PLAN, "fake", str(directory), 0))
        rows = pq.read_table(directory / record.file).to_pylist()
        for row in rows:
            for turn in row["turns"]:
                turn["sample_s"] = turn["judge_s"] = 0.0
        return rows

    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_the_number_in_flight_stays_at_its_setting_until_no_work_is_left(tmp_path: Path) -> None:
    """One program sleeps. Neither it nor the border between shards lets a place stand empty."""
    places, levels = 4, []

    async def main() -> None:
        judge = FakeSandbox(wrong, seconds=lambda program: 0.0)
        engine = FakeEngine(write=lambda chat, seed: "sleep" if "ask 0\n" in chat else f"x = {seed}", latency_s=0.002)
        judge.seconds = lambda program: 0.6 if program == "sleep" else 0.001
        playing = generator(judge, engine, places)
        shards = [shard(i, PROBLEMS[2 * i : 2 * i + 2], samples=10) for i in range(4)]
        done: list[int] = []

        async def run(piece: Shard) -> None:
            await playing.play(piece, PLAN, "fake", str(tmp_path), 0)
            done.append(piece.part)

        async def driver() -> None:
            """As the supervisor does: two shards at the generator at any time."""
            queue = list(shards)
            running: set[asyncio.Task[None]] = set()
            while queue or running:
                while queue and len(running) < 2:
                    running.add(asyncio.create_task(run(queue.pop(0))))
                _, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)

        async def watch() -> None:
            while True:
                await asyncio.sleep(0.002)
                status = await playing.status()
                if status.waiting:
                    assert not status.has_room
                    levels.append(status.in_flight)

        watcher = asyncio.create_task(watch())
        await driver()
        watcher.cancel()
        status = await playing.status()
        assert (status.in_flight, status.waiting, status.in_flight_max) == (0, 0, places) and status.has_room
        assert status.episodes_done == 80 and status.turns_done == 160
        # The shard with the sleeper is not the first to be done: others overtook it.
        assert done[0] != 0
        assert status.judge_wait_s > 10 * 0.6 and status.engine_busy_s > 0

    asyncio.run(main())
    assert len(levels) > 20
    assert levels.count(places) >= 0.97 * len(levels), levels  # a place is handed on within a turn of the loop


def test_episodes_of_a_plan_that_is_played_alone_never_meet_and_read_no_cache(tmp_path: Path) -> None:
    """Two shards at the generator, as always; four places are free."""
    engine = FakeEngine(latency_s=0.001)
    playing, alone = generator(engine=engine), (SearchPlan(temperature=0.0, alone=True),)

    async def both() -> int:
        await asyncio.gather(
            *(playing.play(shard(part, PROBLEMS[:3]), alone, "fake", str(tmp_path), 0) for part in range(2))
        )
        return (await playing.status()).in_flight_max

    assert asyncio.run(both()) == 1
    assert len(engine.requests) == 12 and not any(sampling.read_cache for _, sampling in engine.requests)


def test_a_generator_refuses_other_weights_and_loads_only_when_idle(tmp_path: Path) -> None:
    async def main() -> None:
        playing = generator(FakeSandbox(seconds=lambda program: 0.05))
        with pytest.raises(PolicyMismatchError, match="asks for policy new, but this generator holds fake"):
            await playing.play(shard(0, PROBLEMS), PLAN, "new", str(tmp_path), 0)
        running = asyncio.create_task(playing.play(shard(0, PROBLEMS), PLAN, "fake", str(tmp_path), 0))
        await asyncio.sleep(0.01)
        with pytest.raises(EngineError, match="1 shards are being played"):
            await playing.load(Checkpoint(path="/x", policy_id="new"))
        await running
        await playing.load(Checkpoint(path="/x", policy_id="new"))
        assert (await playing.status()).policy_id == "new"
        await playing.play(shard(1, PROBLEMS), PLAN, "new", str(tmp_path), 1)

    asyncio.run(main())
    assert sorted(committed_parts(str(tmp_path))) == [0, 1]


class StuckEngine(FakeEngine):
    async def generate(self, prompt_ids: Any, sampling: Sampling) -> list[Completion]:
        await asyncio.sleep(60)
        return []


def test_a_stuck_engine_is_named_and_leaves_no_part_and_no_place_taken(tmp_path: Path) -> None:
    async def main() -> None:
        playing = Generator(StuckEngine(), ByteTokenizer(), FakeSandbox(), episodes_in_flight=2, stall_s=0.05)
        with pytest.raises(
            EngineError, match=r"answer to problem p\d, sample \d, turn 1: .* generator.stall_s = 0.05 s"
        ):
            await playing.play(shard(0, PROBLEMS), PLAN, "fake", str(tmp_path), 0)
        status = await playing.status()
        assert (status.in_flight, status.waiting, status.shards_in_flight) == (0, 0, 0)

    asyncio.run(main())
    assert committed_parts(str(tmp_path)) == {}


# ---- the client of executors ----------------------------------------------------------------------------------


class Lane:
    """An executor that answers, fails or hangs."""

    def __init__(self, mode: str = "ok", seconds: float = 0.0) -> None:
        self.mode, self.seconds, self.calls, self.now, self.most = mode, seconds, 0, 0, 0

    async def __call__(self, problem: Problem, program: str, suite: Suite, **options: bool) -> Outcome:
        self.calls += 1
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(60 if self.mode == "hang" else self.seconds)
        finally:
            self.now -= 1
        if self.mode == "dead":
            raise ConnectionError("the actor died")
        if self.mode == "unjudged":
            return UNJUDGED
        return Outcome(verdict=Verdict.INFRASTRUCTURE_ERROR, message="no box") if self.mode == "broken" else YES


def judge_many(client: JudgeClient, count: int) -> list[Outcome]:
    async def main() -> list[Outcome]:
        return await asyncio.gather(*(client(PROBLEMS[0], f"x = {i}", "public") for i in range(count)))

    return asyncio.run(main())


def test_calls_are_spread_and_bounded() -> None:
    lanes = [Lane(seconds=0.01), Lane(seconds=0.01)]
    outcomes = judge_many(JudgeClient(lanes, in_flight=3), 20)
    assert all(outcome == YES for outcome in outcomes)
    assert [lane.calls for lane in lanes] == [10, 10]
    assert [lane.most for lane in lanes] == [3, 3]


@pytest.mark.parametrize("mode", ["dead", "hang", "broken"])
def test_a_failing_executor_is_retried_on_another(mode: str) -> None:
    bad, good = Lane(mode), Lane(seconds=0.002)
    outcomes = judge_many(JudgeClient([bad, good], in_flight=4, stall_s=0.1), 12)
    assert [outcome.verdict for outcome in outcomes] == [Verdict.ACCEPTED] * 12
    assert {outcome.attempt for outcome in outcomes} == {1, 2}
    if mode != "broken":
        assert bad.calls <= 4  # it rests, and does not swallow every call because it looks idle


def test_tests_that_cannot_be_judged_are_no_failure_of_an_executor() -> None:
    lanes = [Lane("unjudged"), Lane("unjudged")]
    client = JudgeClient(lanes)
    assert judge_many(client, 4) == [UNJUDGED] * 4
    assert (sum(lane.calls for lane in lanes), client.failures) == (4, 0)


def test_where_nobody_can_judge_the_outcome_is_infrastructure_and_says_why() -> None:
    (outcome,) = judge_many(JudgeClient([Lane("dead")], attempts=3, rest_s=0.01), 1)
    assert outcome.verdict is Verdict.INFRASTRUCTURE_ERROR and outcome.label is None
    assert outcome.attempt == 3
    assert outcome.message.startswith(
        "no executor could judge p0 in 3 attempts: executor 0: ConnectionError: the actor died"
    )


def test_an_executor_that_comes_back_is_used_again() -> None:
    lane = Lane("dead")

    async def main() -> Outcome:
        client = JudgeClient([lane], rest_s=0.02)
        call = asyncio.create_task(client(PROBLEMS[0], "x", "public"))
        await asyncio.sleep(0.01)
        lane.mode = "ok"
        return await call

    assert asyncio.run(main()).accepted


# ---- shards that are given back -------------------------------------------------------------------------------


def test_a_shard_is_given_back_until_its_first_episode_begins(tmp_path: Path) -> None:
    async def main() -> None:
        playing = generator(engine=FakeEngine(latency_s=0.02), places=2)

        def play(part: int) -> asyncio.Future[Any]:
            return asyncio.ensure_future(playing.play(shard(part, PROBLEMS[:3]), PLAN, "fake", str(tmp_path), 0))

        calls = [play(0)]
        while (await playing.status()).in_flight < 2:
            await asyncio.sleep(0.001)
        calls += [play(1), play(2)]
        while (await playing.status()).shards_unbegun < 2:
            await asyncio.sleep(0.001)
        for part in (0, 2, 2, 7):  # the first has begun, the last is nowhere
            await playing.give_back(part)
        first, second, third = await asyncio.gather(*calls)
        assert first is not None and second is not None and third is None
        status = await playing.status()
        assert (status.waiting, status.in_flight, status.shards_in_flight, status.shards_unbegun) == (0, 0, 0, 0)
        assert status.episodes_done == status.played == 12
        assert await play(2) is not None

    asyncio.run(main())
    assert sorted(committed_parts(str(tmp_path))) == [0, 1, 2]
