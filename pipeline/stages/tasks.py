"""What Ray Data runs on one shard: plain callables that read parts, work, and commit one part."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import pyarrow as pa

from actors.scorers.scorer import Pair
from actors.storage.parquet import Row, read_rows
from pipeline.methods.pairs import PAIR_SCHEMA, PairRecipe, make_pairs, pair_counts
from pipeline.methods.reads import Text, judged_answers, score_texts, text_of
from pipeline.methods.relabel import EXAMPLE_SCHEMA, relabel
from pipeline.methods.states import State
from pipeline.methods.strategies import Strategy
from pipeline.stages.heartbeat import UNHEARD, Heartbeat
from pipeline.stages.shards import commit_rows, read_groups

SCORE_SCHEMA = pa.schema(
    [
        ("episode_id", pa.string()),
        ("turn", pa.int32()),
        ("problem_id", pa.string()),
        ("verifier_id", pa.string()),
        ("label", pa.bool_()),
        ("score", pa.float64()),
    ],
    metadata={"mucode.schema": "scores/1"},
)
Made = tuple[list[Row], dict[str, int]]
"""Rows of a problem, or of some, and their counts."""


class PairTask:
    def __init__(self, recipe: PairRecipe, seed: int) -> None:
        self.recipe, self.seed = recipe, seed

    def __call__(self, shard: Row, heartbeat: Heartbeat = UNHEARD) -> Row:
        return commit_rows(shard, self._made(shard, heartbeat), PAIR_SCHEMA)

    def _made(self, shard: Row, heartbeat: Heartbeat) -> Iterator[Made]:
        for problems in read_groups(shard["episodes"]):
            for episodes in problems:
                pairs = make_pairs(episodes, self.recipe, self.seed)
                heartbeat.step()
                yield pairs, pair_counts(episodes, pairs)


class RelabelTask:
    """`references` holds trusted answers by problem; examples of `earlier`, if there are any, stay as they are."""

    def __init__(self, strategy: Strategy, name: str, references: Mapping[str, str]) -> None:
        self.strategy, self.name, self.references = strategy, name, references

    def __call__(self, shard: Row, heartbeat: Heartbeat = UNHEARD) -> Row:
        return commit_rows(shard, self._made(shard, heartbeat), EXAMPLE_SCHEMA)

    def _made(self, shard: Row, heartbeat: Heartbeat) -> Iterator[Made]:
        scores = {(row["episode_id"], row["turn"]): row["score"] for row in read_rows(shard.get("scores", []))}
        kept = list(read_rows(shard.get("earlier", [])))
        yield kept, {"examples_kept": len(kept)}
        for problems in read_groups(shard["episodes"]):
            for episodes in problems:
                reference = self.references.get(episodes[0].problem_id)
                relabelled = relabel(episodes, scores, self.strategy, self.name, reference)
                heartbeat.step()
                yield relabelled.examples, relabelled.counts


class BlockingScorer(Protocol):
    """What a task asks for scores, as actors/scorers/client.py has it."""

    @property
    def moves(self) -> float:
        """Changes while it scores."""
        ...

    def score_and_wait(self, pairs: Sequence[Pair]) -> list[float]: ...


class ScoreTask:
    """Scores answers by one of the `scorers`; equal answers to a problem are scored once.

    Of a shard's `held_out` answers every judged one; of its `episodes` those that relabelling by `strategy` reads.
    `strategy` None: every judged one, too.
    """

    def __init__(self, scorers: Sequence[BlockingScorer], verifier_id: str, strategy: Strategy | None = None) -> None:
        self.scorers, self.verifier_id, self.strategy = scorers, verifier_id, strategy

    def __call__(self, shard: Row, heartbeat: Heartbeat = UNHEARD) -> Row:
        scorer = self.scorers[shard["part"] % len(self.scorers)]
        heartbeat.follow(lambda: scorer.moves)
        return commit_rows(shard, self._made(shard, scorer), SCORE_SCHEMA)

    def _made(self, shard: Row, scorer: BlockingScorer) -> Iterator[Made]:
        for files, strategy in ((shard["episodes"], self.strategy), (shard.get("held_out", []), None)):
            for problems in read_groups(files):
                scores = score_texts(problems, strategy, scorer.score_and_wait)
                yield self._rows([state for episodes in problems for state in judged_answers(episodes)], scores)

    def _rows(self, answers: Sequence[State], scores: Mapping[Text, float]) -> Made:
        asked = [(state, scores[text_of(state)]) for state in answers if text_of(state) in scores]
        rows = [
            {
                "episode_id": state.episode.episode_id,
                "turn": state.turn,
                "problem_id": state.episode.problem_id,
                "verifier_id": self.verifier_id,
                "label": state.answer.label,
                "score": score,
            }
            for state, score in asked
            if not math.isnan(score)  # too long for the verifier
        ]
        unread, unscored = len(answers) - len(asked), len(asked) - len(rows)
        counts = {"answers": len(answers), "answers_scored": len(rows), "answers_unscored": unscored}
        return rows, counts | {"answers_unread": unread}
