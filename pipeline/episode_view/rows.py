"""The list of the page: one row per episode, as columns of numbers, and words for those that are codes."""

from typing import Any

from actors.search.episode import Episode
from pipeline.episode_view.choice import EpisodeStage
from pipeline.episode_view.facts import EpisodeFacts

SOLVED = {True: "solved", False: "not solved", None: "no label"}
ENDINGS = {
    "passed": "tests passed",
    "turns": "turns used up",
    "context": "no room for more",
    "unjudged": "tests cannot be judged",
    "infrastructure": "sandbox failed",
}
"""What an episode ended by, in words."""


class RowColumns:
    """Collects rows. Codes are given in the order in which words first appear; `scripts/rows.js` reads the columns."""

    def __init__(self) -> None:
        self._columns: dict[str, list[Any]] = {}
        self._codes: dict[str, dict[str, int]] = {}

    def add(self, episode: Episode, stage: EpisodeStage, facts: EpisodeFacts) -> None:
        words = {
            "stage": stage.title,
            "problem": episode.problem_id,
            "selector": episode.selector,
            "solved": SOLVED[facts.solved],
            "masked": facts.masked or "not masked",
            "ending": ENDINGS[facts.ending],
            "turns": str(len(episode.turns)),
            "last": facts.verdicts[-1] if facts.verdicts else "no turn",
            "verdicts": " ".join(facts.verdicts),
        }
        score = None if facts.score is None else round(facts.score, 3)
        numbers = {"sample": episode.sample, "width": episode.width, "tokens": facts.tokens, "score": score}
        for name, word in words.items():
            codes = self._codes.setdefault(name, {})
            self._columns.setdefault(name, []).append(codes.setdefault(word, len(codes)))
        for name, number in (numbers | {"id": episode.episode_id}).items():
            self._columns.setdefault(name, []).append(number)

    def body(self) -> dict[str, Any]:
        """`words[field][code]` and `columns[field][row]`."""
        return {"words": {name: list(codes) for name, codes in self._codes.items()}, "columns": self._columns}
