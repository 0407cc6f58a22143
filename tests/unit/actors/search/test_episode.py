from dataclasses import replace

import pyarrow as pa
import pytest

from actors.ids import stable_id, stable_seed
from actors.search.episode import EPISODE_SCHEMA, Episode
from sandbox.verdict import Outcome, Verdict, answer_is_right
from tests.support.episodes import INFRA, A, W, answer, episode, outcome, right, wrong


def test_an_episode_survives_parquet_rows() -> None:
    one = episode("e", wrong("a"), answer("b", A, W), answer("c", INFRA))
    table = pa.Table.from_pylist([one.to_row()], schema=EPISODE_SCHEMA)
    assert Episode.from_row(table.to_pylist()[0]) == one


def test_messages_end_with_what_the_turn_answered() -> None:
    one = episode("e", wrong("a"), right("b"))
    assert one.messages(0) == [{"role": "user", "content": "prompt of p"}]
    assert one.messages(1) == [
        {"role": "user", "content": "prompt of p"},
        {"role": "assistant", "content": "a"},
        {"role": "user", "content": "fb0"},
    ]


@pytest.mark.parametrize(
    ("public", "private", "label"),
    [
        (A, A, True),
        (A, W, False),
        (W, None, False),
        (W, A, False),
        (A, None, None),  # not judged is not a label
        (None, A, None),
        (INFRA, None, None),
        (A, INFRA, None),
    ],
)
def test_the_oracle_label(public: Verdict | None, private: Verdict | None, label: bool | None) -> None:
    def made(verdict: Verdict | None) -> Outcome | None:
        return outcome(verdict) if verdict else None

    assert answer_is_right(made(public), made(private)) is label


def test_ids_and_seeds_depend_on_their_parts_alone() -> None:
    assert stable_id("a", 1) == stable_id("a", 1) != stable_id("a", 2)
    assert stable_id("ab", "c") != stable_id("a", "bc")
    assert 0 <= stable_seed("a", 1) < 2**31


def test_rows_written_before_there_was_a_second_seed_are_read() -> None:
    written = episode("e", right("r")).to_row()
    for name in ("public", "private"):
        del written["turns"][0]["answers"][0][name]["seed_dependent"]
    (back,) = Episode.from_row(written).turns
    assert back.answer.seed_dependent is None and back.answer.label is True


@pytest.mark.parametrize(
    ("public", "private", "told"),
    [(None, None, None), (False, False, False), (True, False, True), (None, True, True), (None, False, False)],
)
def test_an_answer_is_seed_dependent_if_a_suite_of_it_is(
    public: bool | None, private: bool | None, told: bool | None
) -> None:
    whole = right("r")
    assert whole.public is not None and whole.private is not None
    parts = {"public": replace(whole.public, seed_dependent=public)}
    parts["private"] = replace(whole.private, seed_dependent=private)
    assert replace(whole, **parts).seed_dependent is told
    rejected = replace(wrong("w"), public=parts["public"], private=replace(whole.private, verdict=W))
    assert rejected.seed_dependent is None
