"""Hand-made episodes for tests."""

from actors.search.episode import Answer, Episode, Turn
from sandbox.verdict import Outcome, TestResult, Verdict

A, W = Verdict.ACCEPTED, Verdict.WRONG_ANSWER
INFRA, UNJUDGED = Verdict.INFRASTRUCTURE_ERROR, Verdict.UNJUDGED


def outcome(verdict: Verdict, message: str = "") -> Outcome:
    return Outcome(verdict=verdict, message=message, tests=(TestResult(index=0, verdict=verdict, message=message),))


def answer(response: str, public: Verdict | None, private: Verdict | None = None, score: float | None = None) -> Answer:
    return Answer(
        response=response,
        program=response,
        finish_reason="stop",
        tokens=3,
        public=outcome(public, "got 1, expected 2") if public else None,
        private=outcome(private) if private else None,
        score=score,
    )


def turn(one: Answer, feedback: str = "") -> Turn:
    return Turn(answers=(one,), chosen=0, feedback=feedback, prompt_tokens=5, seed=1, sample_s=0.1, judge_s=0.1)


def right(response: str) -> Answer:
    return answer(response, A, A)


def wrong(response: str) -> Answer:
    return answer(response, W)


def episode(
    name: str, *answers: Answer, problem: str = "p", iteration: int = 0, sample: int = 0, infrastructure: bool = False
) -> Episode:
    last = len(answers) - 1
    turns = tuple(turn(one, "" if place == last else f"fb{place}") for place, one in enumerate(answers))
    return Episode(
        episode_id=name,
        problem_id=problem,
        iteration=iteration,
        policy_id=f"policy{iteration}",
        verifier_id="",
        selector="first",
        sample=sample,
        prompt=f"prompt of {problem}",
        turns=turns,
        infrastructure=infrastructure,
    )
