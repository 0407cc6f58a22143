"""An episode as a sample of an Inspect log, as version 2 of that format has it: messages, output, scores, usage, error.

Of a best-of-N search the answers on the way to the final one are its messages; of the others the verdicts are told in
the metadata.
"""

from typing import Any

from actors.search.episode import Answer, Episode
from pipeline.episode_view.choice import EpisodeStage
from pipeline.episode_view.facts import EpisodeFacts, settling_verdict_name
from pipeline.episode_view.reading import Scores, answer_score
from sandbox.verdict import first_failure

Json = dict[str, Any]
SCORER, VERIFIER = "tests", "verifier"
"""Names of scores: whether the last answer passes all tests; the verifier's logit of it."""
SHORT_CHARACTERS = 1000
"""Of a text in a summary; Inspect cuts its own likewise."""
STOP_REASONS = {"stop": "stop", "length": "max_tokens"}
LIMITS = {"turns": "turn", "context": "context"}


def inspect_id(text: str) -> str:
    """A problem's id as a sample's, which names a file in the log: what a name may not hold becomes %XX."""
    plain = "".join(letter if letter.isprintable() and letter not in "%\\" else _escaped(letter) for letter in text)
    return plain.replace("..", "%2E%2E")


def inspect_sample(episode: Episode, stage: EpisodeStage, facts: EpisodeFacts, scores: Scores, model: str) -> Json:
    """The sample: its id is the problem's, its epoch the number of the episode among those of the problem, from 1."""
    usage = {model: token_usage(episode)}
    sample: Json = {
        "id": inspect_id(episode.problem_id),
        "epoch": episode.sample + 1,
        "input": clean_text(episode.prompt),
        "target": "",
        "messages": _messages(episode, scores, model),
        "output": _output(episode, model),
        "metadata": _metadata(episode, facts),
        "store": {},
        "events": [],
        "model_usage": usage,
        "total_time": round(sum(turn.sample_s + turn.judge_s for turn in episode.turns), 4),
        "uuid": episode.episode_id,
        "attachments": {},
        "turn_count": len(episode.turns),
    }
    if found := _scores(episode, facts):
        sample["scores"] = found
    if facts.masked == "infrastructure":
        sample["error"] = _error("masked: the sandbox failed for good, so the episode teaches nothing")
    limit = {"turns": stage.turns, "context": sum(turn.prompt_tokens for turn in episode.turns[-1:])}
    if facts.ending in LIMITS:
        sample["limit"] = {"type": LIMITS[facts.ending], "limit": limit[facts.ending] or len(episode.turns)}
    return sample


def inspect_summary(sample: Json) -> Json:
    """What the viewer's list of samples shows."""
    same = ("id", "epoch", "target", "model_usage", "total_time", "uuid", "turn_count")
    summary = {name: sample[name] for name in same}
    summary["input"] = _short(sample["input"])
    summary["metadata"] = {name: value for name, value in sample["metadata"].items() if name != "turns"}
    summary["message_count"], summary["completed"] = len(sample["messages"]), True
    if "scores" in sample:
        summary["scores"] = {name: _short_score(score) for name, score in sample["scores"].items()}
    if "error" in sample:
        summary["error"] = sample["error"]["message"]
    if "limit" in sample:
        summary["limit"] = sample["limit"]["type"]
    return summary


def token_usage(episode: Episode) -> Json:
    """Tokens of all prompts and of all answers, those that were not chosen included."""
    read = sum(turn.prompt_tokens for turn in episode.turns)
    written = sum(answer.tokens for turn in episode.turns for answer in turn.answers)
    return {"input_tokens": read, "output_tokens": written, "total_tokens": read + written}


def clean_text(text: str) -> str:
    """Without lone surrogates, which UTF-8 has not."""
    return text.encode(errors="replace").decode()


def _messages(episode: Episode, scores: Scores, model: str) -> list[Json]:
    messages = [_message(episode, "user-0", "user", episode.prompt, source="input")]
    for number, turn in enumerate(episode.turns):
        told = _answer_facts(turn.answer, answer_score(episode, number, scores))
        answer = _message(episode, f"assistant-{number + 1}", "assistant", turn.answer.response, source="generate")
        messages.append(answer | {"model": model, "metadata": told})
        if turn.feedback:
            messages.append(_message(episode, f"user-{number + 1}", "user", turn.feedback))
    return messages


def _message(episode: Episode, name: str, role: str, text: str, **more: str) -> Json:
    return {"id": f"{episode.episode_id}-{name}", "role": role, "content": clean_text(text), **more}


def _output(episode: Episode, model: str) -> Json:
    """Of the last turn."""
    if not episode.turns:
        return {"model": model, "choices": []}
    number, answer = len(episode.turns), episode.turns[-1].answer
    message = _message(episode, f"assistant-{number}", "assistant", answer.response, source="generate")
    stop = STOP_REASONS.get(answer.finish_reason, "unknown")
    choice = {"message": message | {"model": model}, "stop_reason": stop}
    return {"model": model, "choices": [choice], "completion": message["content"], "usage": token_usage(episode)}


def _scores(episode: Episode, facts: EpisodeFacts) -> Json:
    """None of an answer that was not judged: Inspect counts such a sample as not scored."""
    found: Json = {}
    if facts.solved is not None:
        answer = episode.turns[-1].answer
        found[SCORER] = {
            "value": "C" if facts.solved else "I",
            "answer": clean_text(answer.response if answer.program is None else answer.program),
            "explanation": _explanation(answer),
            "metadata": {"verdict": facts.verdicts[-1]},
        }
    if facts.score is not None:
        found[VERIFIER] = {"value": facts.score, "explanation": "the verifier's raw logit of the last answer"}
    return found


def _explanation(answer: Answer) -> str:
    """What the judge found."""
    lines = []
    for suite, outcome in (("public", answer.public), ("private", answer.private)):
        failing = first_failure(outcome.tests) if outcome else None
        message = (failing.message if failing else "") or (outcome.message if outcome else "")
        lines.append(f"{suite}: {outcome.verdict if outcome else 'not run'}{f', {message}' if message else ''}")
    return clean_text("\n".join(lines))


def _metadata(episode: Episode, facts: EpisodeFacts) -> Json:
    body = {
        "episode_id": episode.episode_id,
        "problem_id": clean_text(episode.problem_id),
        "policy_id": episode.policy_id,
        "verifier_id": episode.verifier_id,
        "masked": facts.masked,
        "ended": facts.ending,
        "verdicts": " ".join(facts.verdicts),
    }
    turns = [
        {
            "seed": turn.seed,
            "sample_s": turn.sample_s,
            "judge_s": turn.judge_s,
            "prompt_tokens": turn.prompt_tokens,
            "chosen": turn.chosen,
            "answers": [_answer_facts(answer, answer.score) for answer in turn.answers],
        }
        for turn in episode.turns
    ]
    return body | {"turns": turns}


def _answer_facts(answer: Answer, score: float | None) -> Json:
    told: Json = {"verdict": settling_verdict_name(answer), "tokens": answer.tokens, "finish": answer.finish_reason}
    for suite, outcome in (("public", answer.public), ("private", answer.private)):
        if outcome is not None:
            told[suite] = str(outcome.verdict)
    return told | ({"score": score} if score is not None and abs(score) < float("inf") else {})


def _error(message: str) -> Json:
    return {"message": message, "traceback": "", "traceback_ansi": ""}


def _short(text: str) -> str:
    return text if len(text) <= SHORT_CHARACTERS else f"{text[:SHORT_CHARACTERS]}..."


def _short_score(score: Json) -> Json:
    return {name: _short(value) if isinstance(value, str) else value for name, value in score.items()}


def _escaped(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode(errors="surrogatepass"))
