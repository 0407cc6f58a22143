"""What comes back for a search: a chat completion as OpenAI's API has it, and under `mucode` how it was chosen."""

import time
from typing import Any

from actors.search.episode import Answer, Episode
from pipeline.serving.api_error import ApiError, unavailable
from sandbox.verdict import Outcome

SHOWN = 500
"""Characters of a test's message."""


def completion(episode: Episode, request_id: str, model: str, *, tested: bool) -> dict[str, Any]:
    """A response to the client. `tested`: whether there were tests to run.

    Raises ApiError if the search has no answer: no room, the sandbox failed, or the tests cannot be judged.
    """
    if not episode.turns:
        raise ApiError(
            400, "the prompt leaves no room for an answer in the model's context", code="context_length_exceeded"
        )
    if episode.infrastructure:
        raise unavailable("the sandbox, or an answer of the model, failed; ask again")
    held = episode.turns[-1].held
    if tested and episode.unjudged:  # without tests nothing is judged
        said = held.public.message[:SHOWN] if held.public else ""
        raise ApiError(400, f"mucode.tests: they cannot be judged: {said}", parameter="mucode.tests")
    asked = sum(turn.prompt_tokens for turn in episode.turns)
    written = sum(answer.tokens for turn in episode.turns for answer in turn.answers)
    return {
        "id": request_id,
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": held.response},
                "finish_reason": held.finish_reason,
                "logprobs": None,
            }
        ],
        "usage": {"prompt_tokens": asked, "completion_tokens": written, "total_tokens": asked + written},
        "mucode": _chosen(episode, held, tested),
    }


def _chosen(episode: Episode, held: Answer, tested: bool) -> dict[str, Any]:
    """How the answer was chosen. `passed`: null if there were no tests to run."""
    public = held.public if tested else None
    return {
        "selector": episode.selector,
        "best_of": episode.width,
        "turns": len(episode.turns),
        "answers": sum(len(turn.answers) for turn in episode.turns),
        "passed": public.accepted if public else None,
        "score": held.score if held.score is not None and held.score == held.score else None,
        "program": held.program,
        "tests": _tests(public) if public else [],
        "policy_id": episode.policy_id,
        "verifier_id": episode.verifier_id or None,
    }


def _tests(outcome: Outcome) -> list[dict[str, Any]]:
    """Those that were run, to the first failure."""
    return [
        {"index": test.index, "verdict": str(test.verdict), "message": test.message[:SHOWN]} for test in outcome.tests
    ]
