"""Scores that relabelling does not read change nothing that it makes: by hand, and for any answers and strategy."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from actors.search.episode import EPISODE_SCHEMA, Answer, Episode
from actors.storage.checkpoint import CheckpointError
from actors.storage.parquet import read_rows
from actors.storage.parts import commit_part, committed_parts
from pipeline.methods.reads import Text, answers_read, judged_answers, score_texts, text_of
from pipeline.methods.relabel import relabel
from pipeline.methods.states import AnswerScores
from pipeline.methods.strategies import Strategy
from pipeline.stages.tasks import ScoreTask
from tests.support.episodes import INFRA, UNJUDGED, A, answer, episode, right, wrong
from tests.unit.pipeline.methods.test_golden_relabel import TRAINING, P, Q, settled

FINALS, RIGHT = "w1 r1 r2 r3", "r1 r2 r3"
EVERY = "w0 w1 w2 r1 r2 w3 w4 r3"


@pytest.mark.parametrize(
    ("name", "protocol", "texts"),
    [
        ("mucode", "default", RIGHT),  # the best right one; which of the solved lend beside e0
        ("mucode_ov", "default", "r1"),  # the first right one is taken, if the verifier could score it
        ("mucode_lv", "default", EVERY),
        ("rft", "default", ""),
        ("rft_lv", "default", FINALS),  # the three favourites of four
        ("star", "default", ""),
        ("control", "default", ""),
        ("rise", "default", ""),  # one right answer to the first history, one answer to the others
        ("mucode", "paper", EVERY),  # the weighted sum may prefer a wrong one
        ("mucode", "release", FINALS),
        ("base", "default", ""),
    ],
)
def test_what_is_read_of_the_golden_problem(name: str, protocol: str, texts: str) -> None:
    read = answers_read(P, settled(name, protocol))
    assert read is not None
    assert [text for text in EVERY.split() if text in {state.answer.response for state in read}] == texts.split()


def test_of_an_unsolved_problem_that_is_dropped_nothing_is_read() -> None:
    assert answers_read(Q, settled("mucode", "default")) == []
    assert len(answers_read(Q, settled("mucode", "paper")) or ()) == 2  # the best wrong one


def test_a_stranger_s_function_may_read_any() -> None:
    assert answers_read(P, replace(settled("star", "default"), choose_target=lambda state, expert: "unsolved")) is None


# ---- any answers, any strategy --------------------------------------------------------------------------------------


def some_answer(draw: random.Random) -> Answer:
    text = draw.choice("abcde")
    kind = draw.choice(["right", "wrong", "wrong", "fickle", "unjudged"])
    if kind == "fickle":
        lucky = right(text)
        assert lucky.private is not None
        return replace(lucky, private=replace(lucky.private, seed_dependent=True))
    return answer(text, UNJUDGED) if kind == "unjudged" else (right if kind == "right" else wrong)(text)


def some_episodes(draw: random.Random) -> list[Episode]:
    return [
        episode(
            f"e{number}",
            *(some_answer(draw) for _ in range(draw.randint(1, 3))),
            iteration=number // 4,
            sample=number % 4,
            infrastructure=draw.random() < 0.1,
        )
        for number in range(draw.randint(1, 9))
    ]


def some_strategy(draw: random.Random) -> Strategy:
    strategy = settled(draw.choice(TRAINING), draw.choice(["default", "paper", "release"]))
    changes: dict[str, Any] = {
        "ranking": ["correct_first", "weighted_sum"],
        "unsolved": ["drop", "best_wrong", "reference"],
        "candidates": ["all", "final"],
        "positives": ["relabelled", "own"],
        "trajectories": ["all", 1, 2, 3],
        "verifier_weight": [0.0, 0.1, 1.0],
        "oracle_weight": [0.0, 1.0],
        "turns": [None, 1, 2],
        "target": ["best", "state_best", "own_final", "own_next"],
        "histories": ["all", "solved", "top"],
        "weight": ["uniform", "score"],
    }
    chosen = draw.sample(sorted(changes), draw.randint(0, 4))
    return replace(strategy, **{name: draw.choice(changes[name]) for name in chosen})


def as_read(episodes: Sequence[Episode], scores: dict[Text, float]) -> AnswerScores:
    """As they are read from the stage's rows."""
    found = {state.key: scores[text_of(state)] for state in judged_answers(episodes) if text_of(state) in scores}
    return {key: score for key, score in found.items() if not math.isnan(score)}


@pytest.mark.parametrize("part", range(4))
def test_the_rows_are_those_of_all_scores(part: int) -> None:
    asked = read = 0
    for seed in range(500 * part, 500 * (part + 1)):
        draw = random.Random(seed)
        episodes, strategy = some_episodes(draw), some_strategy(draw)
        table = {text: draw.choice([math.nan, 0.0, 0.5, 1.0, -3.0, 2.0, 2.0]) for text in "abcde"}

        def ask(texts: Sequence[Text], table: dict[str, float] = table) -> list[float]:
            return [table[response] for _, response in texts]

        scores = [score_texts([episodes], reader, ask) for reader in (None, strategy)]
        asked, read = asked + len(scores[0]), read + len(scores[1])
        rows, fewer = (relabel(episodes, as_read(episodes, one), strategy, "s", "ref") for one in scores)
        assert sorted(fewer.examples, key=str) == sorted(rows.examples, key=str), (seed, strategy)
        assert fewer.counts == rows.counts
    assert read < 0.8 * asked


def test_few_answers_that_cannot_be_read_do_not_condemn_the_verifier() -> None:
    """It refuses a chat template that fails on all answers it is asked about: here on the only one that is read."""

    def ask(texts: Sequence[Text]) -> list[float]:
        if all(response == "a" for _, response in texts):
            raise CheckpointError("cannot read an answer")
        return [math.nan if response == "a" else 1.0 for _, response in texts]

    episodes = [episode("e0", right("a")), episode("e1", wrong("w"), right("r"), sample=1)]
    scores = score_texts([episodes], settled("mucode_ov", "default"), ask)
    assert {response: score for (_, response), score in scores.items() if response != "a"} == {"w": 1.0, "r": 1.0}


# ---- the stage's task -----------------------------------------------------------------------------------------------


class Scorer:
    """Scores an answer by its length, and notes what it is asked."""

    moves = 0

    def __init__(self) -> None:
        self.asked: list[str] = []

    def score_and_wait(self, pairs: Sequence[Text]) -> list[float]:
        self.asked += [response for _, response in pairs]
        return [float(len(response)) for _, response in pairs]


@pytest.mark.parametrize(("name", "train"), [("mucode", RIGHT), ("star", ""), (None, EVERY)])
def test_a_task_scores_held_out_answers_and_what_is_read_of_the_others(
    tmp_path: Path, name: str | None, train: str
) -> None:
    held_out = [episode("h0", wrong("x"), answer("y", A, INFRA), right("z"), problem="h")]

    def committed(folder: str, episodes: list[Episode]) -> list[str]:
        rows = [one.to_row() for one in episodes]
        record = commit_part(str(tmp_path / folder), 0, pa.Table.from_pylist(rows, schema=EPISODE_SCHEMA))
        return [str(tmp_path / folder / record.file)]

    scorer = Scorer()
    shard = {"part": 0, "directory": str(tmp_path / "scores")}
    shard |= {"episodes": committed("episodes", P), "held_out": committed("held_out", held_out)}
    ScoreTask([scorer], "v", settled(name, "default") if name else None)(shard)
    (record,) = committed_parts(shard["directory"]).values()
    rows = list(read_rows([str(tmp_path / "scores" / record.file)]))
    assert sorted(scorer.asked) == sorted([*train.split(), "x", "z"])
    assert sorted((row["episode_id"], row["turn"]) for row in rows if row["problem_id"] == "h") == [
        ("h0", 0),
        ("h0", 2),
    ]
    assert record.counts["answers_scored"] == len(rows) == len(train.split()) + 2
    assert record.counts["answers"] == 10 and record.counts["answers_unread"] == 8 - len(train.split())
