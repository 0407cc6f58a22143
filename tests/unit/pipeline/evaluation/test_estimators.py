"""pass@k and best of N by hand, and as the mean over all choices."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.evaluation.estimators import best_of_n_accuracy, pass_at_k


def test_pass_at_k_by_hand() -> None:
    """n = 5, c = 2: pass@1 = 2/5; pass@2 = 1 - C(3,2)/C(5,2) = 7/10; pass@4 = 1, as only three are wrong."""
    assert [pass_at_k(5, 2, k) for k in (1, 2, 4)] == pytest.approx([0.4, 0.7, 1.0])
    assert pass_at_k(5, 0, 5) == 0.0 and pass_at_k(1, 1, 1) == 1.0
    with pytest.raises(ValueError, match="pass@3 needs at least 3 samples, found 2"):
        pass_at_k(2, 1, 3)


def test_best_of_n_by_hand() -> None:
    """Four answers a > b = c > d, of which b and d are right; n = 2 draws one of six pairs.

    ab, ac, ad choose a: wrong. bc: half right. bd: b, right. cd: c, wrong. So (½ + 1) / 6 = ¼.
    """
    ranks, labels = [3, 2, 2, 1], [False, True, False, True]
    assert best_of_n_accuracy(ranks, labels, 2) == pytest.approx(0.25)
    assert best_of_n_accuracy(ranks, labels, 1) == pytest.approx(0.5)
    assert best_of_n_accuracy(ranks, labels, 4) == 0.0
    with pytest.raises(ValueError, match="best of 5 needs at least 5 answers, found 4"):
        best_of_n_accuracy(ranks, labels, 5)


ANSWERS = st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=7)


@settings(deadline=None)  # a loaded machine is no failure
@given(ANSWERS, st.data())
def test_best_of_n_is_the_mean_over_all_choices(answers: list[tuple[int, bool]], data: st.DataObject) -> None:
    n = data.draw(st.integers(1, len(answers)))
    ranks, labels = zip(*answers, strict=True)

    def of(subset: tuple[int, ...]) -> float:
        best = [i for i in subset if ranks[i] == max(ranks[j] for j in subset)]
        return sum(labels[i] for i in best) / len(best)

    every = list(itertools.combinations(range(len(answers)), n))
    assert best_of_n_accuracy(ranks, labels, n) == pytest.approx(sum(map(of, every)) / len(every))
    assert best_of_n_accuracy(labels, labels, n) == pytest.approx(pass_at_k(len(labels), sum(labels), n))
