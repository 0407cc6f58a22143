"""What Ray Data runs on one shard: plain callables that read parts, work, and commit one part."""

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import pyarrow as pa

from actors.scorers.scorer import Pair
from actors.search.episode import Episode
from actors.storage.parquet import Row, read_rows
from pipeline.methods.pairs import PAIR_SCHEMA, PairRecipe, make_pairs, pair_counts
from pipeline.methods.relabel import EXAMPLE_SCHEMA, relabel
from pipeline.methods.strategies import Strategy
from pipeline.stages.shards import commit_rows, read_episodes

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


class PairTask:
    def __init__(self, recipe: PairRecipe, seed: int) -> None:
        self.recipe, self.seed = recipe, seed

    def __call__(self, shard: Row) -> Row:
        rows, counts = [], []
        for episodes in read_episodes(shard["episodes"]):
            pairs = make_pairs(episodes, self.recipe, self.seed)
            rows += pairs
            counts.append(pair_counts(episodes, pairs))
        return commit_rows(shard, rows, PAIR_SCHEMA, counts)


class RelabelTask:
    """`references` holds trusted answers by problem; examples of `earlier`, if there are any, stay as they are."""

    def __init__(self, strategy: Strategy, name: str, references: Mapping[str, str]) -> None:
        self.strategy, self.name, self.references = strategy, name, references

    def __call__(self, shard: Row) -> Row:
        scores = {(row["episode_id"], row["turn"]): row["score"] for row in read_rows(shard.get("scores", []))}
        rows = list(read_rows(shard.get("earlier", [])))
        counts = [{"examples_kept": len(rows)}]
        for episodes in read_episodes(shard["episodes"]):
            reference = self.references.get(episodes[0].problem_id)
            relabelled = relabel(episodes, scores, self.strategy, self.name, reference)
            rows += relabelled.examples
            counts.append(relabelled.counts)
        return commit_rows(shard, rows, EXAMPLE_SCHEMA, counts)


class BlockingScorer(Protocol):
    """What a task asks for scores, as actors/scorers/client.py has it."""

    def score_and_wait(self, pairs: Sequence[Pair]) -> list[float]: ...


class ScoreTask:
    """Scores every judged answer of a shard by one of the `scorers`; equal answers to a problem are scored once."""

    def __init__(self, scorers: Sequence[BlockingScorer], verifier_id: str) -> None:
        self.scorers, self.verifier_id = scorers, verifier_id

    def __call__(self, shard: Row) -> Row:
        places = [
            (episode, turn)
            for episodes in read_episodes(shard["episodes"])
            for episode in episodes
            for turn in range(len(episode.turns))
            if episode.turns[turn].answer.label is not None
        ]
        texts = list(dict.fromkeys(_text(episode, turn) for episode, turn in places))
        scorer = self.scorers[shard["part"] % len(self.scorers)]
        scores = dict(zip(texts, scorer.score_and_wait(texts), strict=True))
        rows = [
            {
                "episode_id": episode.episode_id,
                "turn": turn,
                "problem_id": episode.problem_id,
                "verifier_id": self.verifier_id,
                "label": episode.turns[turn].answer.label,
                "score": scores[_text(episode, turn)],
            }
            for episode, turn in places
            if not math.isnan(scores[_text(episode, turn)])  # too long for the verifier
        ]
        counts = {"answers": len(places), "answers_scored": len(rows), "answers_unscored": len(places) - len(rows)}
        return commit_rows(shard, rows, SCORE_SCHEMA, [counts])


def _text(episode: Episode, turn: int) -> tuple[str, str]:
    return episode.prompt, episode.turns[turn].answer.response
