"""Chunks of the page: some hundred episodes each, which the browser loads when one of them is opened or searched.

A chunk holds each text once, as samples of a problem share their prompt and selectors their answers; everything else
refers to texts by their place. `scripts/episode.js` reads what `_turn_view` and `_answer_view` write.
"""

from collections.abc import Callable
from typing import Any

from actors.search.episode import Answer, Episode, Turn
from pipeline.episode_view.packing import packed_call
from pipeline.episode_view.reading import Scores, answer_score
from sandbox.verdict import Outcome, Verdict, first_failure

MOST_CHARACTERS = 20_000
"""Of one text; what is longer is cut, and says so."""
CHUNK_CHARACTERS, CHUNK_EPISODES = 1_000_000, 400
"""A chunk ends with the episode that reaches either, so that it is there in a moment when one of them is opened."""
Json = dict[str, Any]


class ChunkWriter:
    """Collects episodes and writes them as chunk-00000.js, …: `write(name, data)`.

    `episodes`: how many were added; `starts[i]`: the number of the first one of chunk i; `size_bytes`: of what was
    written.
    """

    def __init__(self, write: Callable[[str, bytes], None]) -> None:
        self._write = write
        self._texts: dict[str, int] = {}
        self._collected: list[Json] = []
        self._characters = self.episodes = 0
        self.starts: list[int] = []
        self.size_bytes = 0

    def add(self, episode: Episode, scores: Scores) -> None:
        if not self._collected:
            self.starts.append(self.episodes)
        self._collected.append(self._episode_view(episode, scores))
        self.episodes += 1
        if self._characters >= CHUNK_CHARACTERS or len(self._collected) >= CHUNK_EPISODES:
            self.flush()

    def flush(self) -> None:
        """Write what is collected, if there is anything."""
        if not self._collected:
            return
        number = len(self.starts) - 1
        body = {"texts": list(self._texts), "episodes": self._collected}
        data = packed_call("mucode.takeChunk", str(number), body)
        self._write(chunk_name(number), data)
        self.size_bytes += len(data)
        self._texts, self._collected, self._characters = {}, [], 0

    def _place(self, text: str) -> int:
        """Of a text in this chunk."""
        more = len(text) - MOST_CHARACTERS
        shown = f"{text[:MOST_CHARACTERS]}\n… {more} more characters" if more > 0 else text
        if shown not in self._texts:
            self._texts[shown] = len(self._texts)
            self._characters += len(shown)
        return self._texts[shown]

    def _episode_view(self, episode: Episode, scores: Scores) -> Json:
        return {
            "policy": episode.policy_id,
            "verifier": episode.verifier_id,
            "prompt": self._place(episode.prompt),
            "turns": [
                self._turn_view(turn, answer_score(episode, number, scores))
                for number, turn in enumerate(episode.turns)
            ],
        }

    def _turn_view(self, turn: Turn, score: float | None) -> Json:
        answers = [self._answer_view(answer) for answer in turn.answers]
        if score is not None:
            answers[turn.chosen]["score"] = round(score, 4)
        view: Json = {"chosen": turn.chosen, "answers": answers} | ({"kept": list(turn.kept)} if turn.kept else {})
        view |= {"prompt_tokens": turn.prompt_tokens, "sample_s": rounded(turn.sample_s)}
        view |= {"judge_s": rounded(turn.judge_s), "seed": turn.seed}
        return view | ({"feedback": self._place(turn.feedback)} if turn.feedback else {})

    def _answer_view(self, answer: Answer) -> Json:
        view: Json = {"response": self._place(answer.response), "finish": answer.finish_reason, "tokens": answer.tokens}
        if answer.program is not None:
            view["program"] = self._place(answer.program)
        if rounded(answer.score) is not None:
            view["score"] = rounded(answer.score)
        for suite in ("public", "private"):
            outcome: Outcome | None = getattr(answer, suite)
            if outcome is not None:
                view[suite] = self._outcome_view(outcome)
        return view

    def _outcome_view(self, outcome: Outcome) -> Json:
        failing = first_failure(outcome.tests)
        view: Json = {"verdict": str(outcome.verdict), "tests": len(outcome.tests)}
        view["passed"] = sum(test.verdict is Verdict.ACCEPTED for test in outcome.tests)
        if failing is not None:
            view["failing"] = failing.index
        if outcome.reason:
            view["reason"] = outcome.reason
        if message := (failing.message if failing else "") or outcome.message:
            view["message"] = self._place(message)
        if outcome.seed_dependent:
            view["seed_dependent"] = True
        return view


def chunk_name(number: int) -> str:
    return f"chunk-{number:05d}.js"


def rounded(value: float | None) -> float | None:
    """For the page: four digits; None for what is not finite, which JSON lacks."""
    return None if value is None or value != value or abs(value) == float("inf") else round(value, 4)
