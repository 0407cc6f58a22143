"""Unbiased estimates from m samples of one problem, drawn without replacement: pass@k, and best of N by a rank."""

import itertools
import math
import random
from collections.abc import Callable, Iterable, Sequence
from typing import Any

MOST_CHOICES = 1000
"""Of n answers of all that were drawn, over which a selector that compares them is averaged."""


def pass_at_k(samples: int, correct: int, k: int) -> float:
    """1 - C(n - c, k) / C(n, k): the chance that k of n samples, drawn without replacement, hold a correct one.

    Unbiased for n >= k (Chen et al. 2021, arXiv 2107.03374, section 2.1). Raises ValueError for n < k.
    """
    if samples < k:
        raise ValueError(f"pass@{k} needs at least {k} samples, found {samples}")
    return 1.0 - math.comb(samples - correct, k) / math.comb(samples, k)


def best_of_n_accuracy(ranks: Sequence[Any], labels: Sequence[bool], n: int) -> float:
    """Chance that the highest-ranked of n answers drawn without replacement is correct; ties are broken at random.

    For m answers in groups g of equal rank, best first, with s_g answers, c_g of them correct and h_g ranked above:
    Σ_g [C(m - h_g, n) - C(m - h_g - s_g, n)] / C(m, n) · c_g / s_g. It is pass@k if the rank is the label, and the
    mean if all ranks are equal. Unbiased for m >= n, as pass@k, by the same argument.
    """
    total, above, value = len(ranks), 0, 0.0
    if total < n:
        raise ValueError(f"best of {n} needs at least {n} answers, found {total}")
    groups: dict[Any, list[bool]] = {}
    for rank, label in zip(ranks, labels, strict=True):
        groups.setdefault(rank, []).append(label)
    for rank in sorted(groups, reverse=True):
        size = len(groups[rank])
        chance = math.comb(total - above, n) - math.comb(total - above - size, n)
        value += chance / math.comb(total, n) * sum(groups[rank]) / size
        above += size
    return value


def best_of_n_by_choice(choose: Callable[[Sequence[int]], int], labels: Sequence[bool], n: int) -> float:
    """Chance that the answer which `choose` takes of n, drawn without replacement, is correct.

    `choose` gets their places in the order in which they were drawn, and gives one of them. For a selector that looks
    at answers together, of which nothing but trying tells what it takes: over all C(m, n) choices if they are at most
    MOST_CHOICES, else over as many that are drawn by m and n alone; unbiased either way.
    """
    if len(labels) < n:
        raise ValueError(f"best of {n} needs at least {n} answers, found {len(labels)}")
    if len(set(labels)) == 1:
        return float(labels[0])
    taken = [labels[choose(places)] for places in _choices(len(labels), n)]
    return sum(taken) / len(taken)


def _choices(total: int, n: int) -> Iterable[Sequence[int]]:
    if math.comb(total, n) <= MOST_CHOICES:
        return itertools.combinations(range(total), n)
    draw = random.Random(f"{total}/{n}")
    return (sorted(draw.sample(range(total), n)) for _ in range(MOST_CHOICES))
