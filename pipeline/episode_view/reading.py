"""Episodes of a stage, streamed part by part, with what the verifier of their iteration thinks of their answers."""

import math
import posixpath
from collections.abc import Iterator, Mapping

from actors.search.episode import Episode
from actors.storage.parquet import read_batches, read_rows
from actors.storage.parts import PartRecord, committed_parts
from pipeline.episode_view.choice import ROLLOUTS, EpisodeStage
from pipeline.stages.verifier import SCORES
from pipeline.state.store import Store

BATCH_ROWS = 64
Scores = Mapping[tuple[str, int], float]
"""Raw logit by episode_id and turn, from 0: of rollouts, whose answers are scored after they were sampled."""


def read_episodes(store: Store, stage: EpisodeStage) -> Iterator[tuple[Episode, Scores]]:
    """The episodes of a stage that are shown, in their order; one batch and one part's scores are in memory.

    Raises FileNotFoundError, DamagedError.
    """
    scored = _scored_parts(store, stage)
    left = stage.shown
    for part in stage.parts:
        scores = _read_scores(store, stage.iteration, scored.get(part.part))
        for batch in read_batches([posixpath.join(stage.directory, part.file)], batch_rows=BATCH_ROWS):
            for row in batch.slice(0, max(left, 0)).to_pylist():
                yield Episode.from_row(row), scores
            left -= batch.num_rows


def answer_score(episode: Episode, turn: int, scores: Scores) -> float | None:
    """The logit of the chosen answer of a turn, from 0; None if it was not scored."""
    score = scores.get((episode.episode_id, turn), episode.turns[turn].answer.score)
    return score if score is not None and math.isfinite(score) else None


def _scored_parts(store: Store, stage: EpisodeStage) -> Mapping[int, PartRecord]:
    """Parts of scores by their number, which is that of the part of episodes."""
    if stage.name not in ROLLOUTS:
        return {}
    return committed_parts(store.directory(stage.iteration, SCORES.name))


def _read_scores(store: Store, iteration: int, part: PartRecord | None) -> Scores:
    if part is None:
        return {}
    file = posixpath.join(store.directory(iteration, SCORES.name), part.file)
    return {
        (row["episode_id"], row["turn"]): row["score"] for row in read_rows([file], ["episode_id", "turn", "score"])
    }
