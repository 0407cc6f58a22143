"""Best of n of a selector that compares answers: all choices, or many of them."""

import math

import pytest

from pipeline.evaluation.estimators import MOST_CHOICES, best_of_n_accuracy, best_of_n_by_choice


@pytest.mark.parametrize("n", [1, 3, 6])
def test_of_a_rank_it_is_the_closed_form(n: int) -> None:
    ranks, labels = [3, 1, 2, 6, 5, 4], [True, False, True, False, True, False]
    found = best_of_n_by_choice(lambda places: max(places, key=lambda place: ranks[place]), labels, n)
    assert found == pytest.approx(best_of_n_accuracy(ranks, labels, n))


def test_of_many_answers_a_thousand_choices_are_near_and_always_the_same() -> None:
    labels = [place % 3 == 0 for place in range(30)]
    assert math.comb(30, 5) > MOST_CHOICES
    found = [best_of_n_by_choice(lambda places: max(places), labels, 5) for _ in range(2)]
    assert found[0] == found[1] == pytest.approx(best_of_n_accuracy(range(30), labels, 5), abs=0.05)


def test_places_come_in_the_order_of_the_draws_and_alike_labels_need_no_choice() -> None:
    seen: list[tuple[int, ...]] = []

    def first(places: object) -> int:
        seen.append(tuple(places))  # type: ignore[arg-type]
        return seen[-1][0]

    assert best_of_n_by_choice(first, [True, False, False], 2) == pytest.approx(2 / 3)
    assert seen == [(0, 1), (0, 2), (1, 2)]
    assert best_of_n_by_choice(first, [True] * 3, 2) == 1.0 and len(seen) == 3
    with pytest.raises(ValueError, match="best of 4 needs at least 4 answers, found 3"):
        best_of_n_by_choice(first, [True, False, False], 4)
