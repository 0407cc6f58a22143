"""What tests of searches share: one problem, its verdicts, and an episode played on fakes."""

import asyncio
from collections.abc import Callable
from typing import Any

from actors.search.episode import Answer, Episode
from actors.search.plan import SearchPlan
from actors.search.request_cache import RolloutServices
from actors.search.search import play_episodes
from sandbox.problem import FunctionTest, Problem
from sandbox.verdict import Outcome, TestResult, Verdict
from tests.support.fakes import ByteTokenizer, FakeEngine, FakeSandbox, watched

TEST = FunctionTest("assert answer")
PROBLEM = Problem(problem_id="p", prompt="ask", public_tests=(TEST,), private_tests=(TEST,))
YES, NO = Outcome(verdict=Verdict.ACCEPTED), Outcome(verdict=Verdict.WRONG_ANSWER)
BROKEN = Outcome(verdict=Verdict.INFRASTRUCTURE_ERROR, message="no box")
UNJUDGED = Outcome(verdict=Verdict.UNJUDGED, message="private test 1 cannot be judged")


def answer(
    program: str | None, public: Outcome | None = None, private: Any = None, score: float | None = None
) -> Answer:
    response = program or ""
    return Answer(
        response=response, program=program, finish_reason="stop", tokens=1, public=public, private=private, score=score
    )


def distinct(chat: str, seed: int) -> str:
    """No two answers alike."""
    return f"answer = {seed}"


def wrong(message: str) -> Outcome:
    test = TestResult(index=0, verdict=Verdict.WRONG_ANSWER, message=message)
    return Outcome(verdict=Verdict.WRONG_ANSWER, tests=(test,))


def play(
    plan: SearchPlan,
    judge: FakeSandbox,
    write: Callable[[str, int], str] | None = None,
    scorer: Any = None,
    policy: str = "fake",
    sample: int = 3,
    problem: Problem = PROBLEM,
    **changes: Any,
) -> tuple[Episode, FakeEngine]:
    engine = FakeEngine(policy, write) if write else FakeEngine(policy)
    services = RolloutServices(engine=watched(engine), tokenizer=ByteTokenizer(), judge=judge, scorer=scorer, **changes)
    return asyncio.run(play_episode(services, plan, problem, sample, iteration=2, verifier_id="v")), engine


async def play_episode(
    services: RolloutServices, plan: SearchPlan, problem: Problem, sample: int, **recorded: Any
) -> Episode:
    """The episode of one plan alone. `recorded`: iteration and verifier_id."""
    (episode,) = await play_episodes(services, [plan], problem, sample, **recorded)
    return episode
