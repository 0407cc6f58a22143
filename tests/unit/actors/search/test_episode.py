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
