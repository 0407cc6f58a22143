"""Which rows a step sees and how they are cut. Expected values are worked out by hand."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.training.batches import EpochOrder, TokenCount, count_steps, cut_micro_batches
from pipeline.training.errors import TrainingError
from pipeline.training.examples import TrainingExample


def example(*widths: int) -> TrainingExample:
    return TrainingExample(sequences=tuple(array("i", range(width)) for width in widths))


def widths(rounds: list[list[list[TrainingExample]]]) -> list[list[list[int]]]:
    return [[[one.width for one in micro] for micro in round_] for round_ in rounds]


def test_exactly_one_of_steps_and_epochs() -> None:
    assert count_steps(100, 64, steps=7, epochs=None) == 7
    assert count_steps(100, 64, steps=None, epochs=2) == 4  # 200 items are 3.125 batches of 64
    for steps, epochs in ((None, None), (7, 2.0)):
        with pytest.raises(TrainingError, match="exactly one of steps and epochs"):
            count_steps(100, 64, steps, epochs)


def test_an_epoch_shows_every_item_once_and_the_seed_decides() -> None:
    order = EpochOrder(examples=10, batch_size=4, seed=3)
    stream = [number for step in range(5) for number in order.batch_at(step)]
    assert sorted(stream[:10]) == sorted(stream[10:]) == list(range(10))
    assert stream[:10] != stream[10:]
    again = EpochOrder(examples=10, batch_size=4, seed=3)
    assert [number for step in (3, 4) for number in again.batch_at(step)] == stream[12:]  # any step, by itself
    assert EpochOrder(examples=10, batch_size=10, seed=4).batch_at(0) != stream[:10]


def test_a_batch_may_be_larger_than_the_data() -> None:
    assert sorted(EpochOrder(examples=2, batch_size=5, seed=0).batch_at(0)[:4]) == [0, 0, 1, 1]


def test_micro_batches_hold_like_widths_up_to_the_limit() -> None:
    rounds = cut_micro_batches([example(w) for w in (3, 9, 4, 10)], workers=1, max_tokens=20)
    assert widths(rounds) == [[[10, 9]], [[4, 3]]]  # 2 × 10 = 20; a third row would make 30


def test_a_pair_counts_twice() -> None:
    rounds = cut_micro_batches([example(5, 2), example(3, 4)], workers=1, max_tokens=20)
    assert widths(rounds) == [[[5, 4]]]  # 4 sequences × 5
    assert widths(cut_micro_batches([example(5, 2), example(3, 4)], workers=1, max_tokens=19)) == [[[5]], [[4]]]


def test_what_is_wider_than_the_limit_goes_alone() -> None:
    assert widths(cut_micro_batches([example(30), example(2)], workers=1, max_tokens=8)) == [[[30]], [[2]]]


def test_every_worker_has_a_micro_batch_in_each_round() -> None:
    examples = [example(w) for w in (4, 4, 3, 3)]
    assert widths(cut_micro_batches(examples, workers=2, max_tokens=99)) == [[[4, 4], [3, 3]]]
    assert widths(cut_micro_batches(examples[:1], workers=2, max_tokens=99)) == [[[4], []]]


@pytest.mark.parametrize(("workers", "padding"), [(1, 0.25), (2, 0.0)])  # 2 of 8 tokens; each alone
def test_tokens_and_padding_are_counted(workers: int, padding: float) -> None:
    first, second = TrainingExample(sequences=(array("i", range(4)),), start=1), example(2)
    count = TokenCount()
    for _ in range(2):
        assert count.add(cut_micro_batches([first, second], workers, max_tokens=99)) == 6
    assert (count.tokens, count.target_tokens, count.padding_fraction) == (12, 10, padding)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30), st.integers(1, 5), st.integers(10, 200))
def test_nothing_is_lost_doubled_or_out_of_step(lengths: list[int], workers: int, limit: int) -> None:
    examples = [example(length) for length in lengths]
    rounds = cut_micro_batches(examples, workers, limit)
    assert all(len(round_) == workers for round_ in rounds)
    seen = [id(one) for round_ in rounds for micro in round_ for one in micro]
    assert sorted(seen) == sorted(map(id, examples))
    for micro in (micro for round_ in rounds for micro in round_):
        assert len(micro) <= 1 or len(micro) * micro[0].width <= limit
